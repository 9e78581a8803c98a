"""A hand-written Python client: sends commands to a service and reads its events.

    guide_client.py commands --count 10000 --partitions 8 --rate 1000 --prefix run-1
    guide_client.py events --expect 10000 --timeout 60 --prefix run-1

Both print a summary as one JSON line. Exit codes: 0 everything as expected, 1 a difference, 2 wrong usage.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from datetime import datetime

import guide
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import TopicAlreadyExistsError


def main():
    options = arguments()
    sys.exit(0 if options.run(options) else 1)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", default=guide.BOOTSTRAP_SERVERS)
    modes = parser.add_subparsers(required=True, metavar="commands|events")

    commands = modes.add_parser("commands", help="send commands")
    commands.add_argument("--topic", default=guide.COMMANDS_TOPIC)
    commands.add_argument("--command", default="example_command")
    commands.add_argument("--count", type=int, default=1)
    commands.add_argument("--rate", type=float, default=0, help="commands per second; 0: no limit")
    commands.add_argument("--partitions", type=int, default=0, help="create a missing topic with so many partitions")
    commands.add_argument("--replication", type=int, default=1, help="replication factor of the created topic")
    commands.add_argument("--prefix", default=None, help="correlation ids are PREFIX-0, PREFIX-1, ..")
    commands.add_argument("--progress", type=int, default=0, help="print a line to stderr every N commands")
    commands.set_defaults(run=send_commands)

    events = modes.add_parser("events", help="read and check events")
    events.add_argument("--topic", default=guide.EVENTS_TOPIC)
    events.add_argument("--type", default="example.command_processed", help="the required type of every event")
    events.add_argument("--expect", type=int, default=1, help="number of different correlation ids")
    events.add_argument("--prefix", default=None, help="only PREFIX-0 .. PREFIX-(EXPECT-1) count; others are skipped")
    events.add_argument("--timeout", type=float, default=30, help="seconds")
    events.add_argument("--settle", type=float, default=1, help="seconds to wait for duplicates after the last event")
    events.add_argument("--max-age", type=float, default=900, help="maximum error of a timestamp, in seconds")
    events.add_argument("--allow-duplicates", action="store_true", help="at least one event per id, not exactly one")
    events.add_argument("--progress", type=int, default=0, help="print a line to stderr every N events")
    events.set_defaults(run=read_events)
    return parser.parse_args()


# --- commands ---


def send_commands(options):
    if options.partitions:
        create_topic(options)
    prefix = options.prefix or f"test-{guide.utcnow().strftime('%Y%m%d%H%M%S')}-{os.urandom(4).hex()}"
    producer = KafkaProducer(bootstrap_servers=options.bootstrap, value_serializer=guide.encode, acks="all", retries=5)
    start = time.monotonic()
    sent = []
    for number in range(options.count):
        if options.rate:
            pause = start + number / options.rate - time.monotonic()
            if pause > 0:
                time.sleep(pause)
        # No key, as many clients send commands.
        sent.append(producer.send(options.topic, command(options.command, f"{prefix}-{number}", number)))
        progress(options, "sent", number + 1)
    producer.flush()
    failed = [future.exception for future in sent if not future.succeeded()]
    partitions = Counter(future.value.partition for future in sent if future.succeeded())
    producer.close()
    report(
        sent=len(sent) - len(failed),
        failed=len(failed),
        first_failure=repr(failed[0]) if failed else None,
        prefix=prefix,
        partitions=dict(sorted(partitions.items())),
        seconds=round(time.monotonic() - start, 3),
    )
    return not failed


def command(kind, correlation_id, number):
    payload = {"number": number, "name": f"Test Entity {number}", "created_at": guide.utcnow().isoformat()}
    message = guide.envelope(kind, correlation_id, payload, "guide-client")
    # Fields that kafka-service does not define: teams add their own.
    message["version"] = 1
    message["metadata"] = {"user": "tester", "tags": ["a", "b"]}
    return message


def create_topic(options):
    admin = KafkaAdminClient(bootstrap_servers=options.bootstrap)
    try:
        admin.create_topics([NewTopic(options.topic, options.partitions, options.replication)])
    except TopicAlreadyExistsError:
        pass
    finally:
        admin.close()


# --- events ---


def read_events(options):
    consumer = KafkaConsumer(
        options.topic,
        bootstrap_servers=options.bootstrap,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        consumer_timeout_ms=200,
    )
    start = last = time.monotonic()
    seen, invalid, skipped = Counter(), [], 0
    while waiting(options, start, last, seen):
        for record in consumer:
            event, problem = check(options, record)
            if problem:
                invalid.append({"partition": record.partition, "offset": record.offset, "problem": problem})
            elif not expected(options, event["correlation_id"]):
                skipped += 1
            else:
                last = time.monotonic()
                seen[event["correlation_id"]] += 1
                progress(options, "read", sum(seen.values()))
            if not waiting(options, start, last, seen):
                break
    consumer.close()
    return judge(options, seen, invalid, skipped, time.monotonic() - start)


def waiting(options, start, last, seen):
    """Whether to continue: before the timeout, while events are missing or the last one is recent."""
    now = time.monotonic()
    return now - start < options.timeout and (len(seen) < options.expect or now - last < options.settle)


def check(options, record):
    """The event, and what is wrong with it. A foreign event is not checked in full."""
    try:
        event = guide.decode(record.value)
        if not isinstance(event["correlation_id"], str) or not event["correlation_id"]:
            return event, f"correlation_id is {event['correlation_id']!r}"
        if not expected(options, event["correlation_id"]):
            return event, None
        if event["type"] != options.type:
            return event, f"type is {event['type']!r}, not {options.type!r}"
        if not isinstance(event["payload"], dict):
            return event, f"payload is {event['payload']!r}"
        if not isinstance(event["source"], str) or not event["source"]:
            return event, f"source is {event['source']!r}"
        # Python before 3.11 does not parse the Z.
        age = guide.utcnow() - datetime.fromisoformat(event["timestamp"].replace("Z", "+00:00")).replace(tzinfo=None)
        if abs(age.total_seconds()) > options.max_age:
            return event, f"timestamp {event['timestamp']!r} is not the time in UTC"
        return event, None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return None, f"{error!r} in {record.value!r}"


def expected(options, correlation_id):
    if options.prefix is None:
        return True
    prefix, _, number = correlation_id.rpartition("-")
    return prefix == options.prefix and number.isdigit() and int(number) < options.expect


def judge(options, seen, invalid, skipped, seconds):
    duplicates = sum(seen.values()) - len(seen)
    missing = options.expect - len(seen)
    summary = {
        "expected": options.expect,
        "events": sum(seen.values()),
        "correlation_ids": len(seen),
        "missing": missing,
        "duplicates": duplicates,
        "invalid": len(invalid),
        "skipped": skipped,
        "seconds": round(seconds, 3),
    }
    if missing > 0 and options.prefix is not None:
        ids = (f"{options.prefix}-{number}" for number in range(options.expect))
        summary["first_missing"] = [each for each in ids if each not in seen][:5]
    if duplicates:
        summary["first_duplicates"] = [each for each, count in seen.items() if count > 1][:5]
    if invalid:
        summary["first_invalid"] = invalid[:5]
    report(**summary)
    return missing == 0 and not invalid and (options.allow_duplicates or not duplicates)


# --- output ---


def progress(options, what, count):
    if options.progress and count % options.progress == 0:
        print(f"{what} {count}", file=sys.stderr, flush=True)


def report(**summary):
    print(json.dumps(summary), flush=True)


if __name__ == "__main__":
    main()
