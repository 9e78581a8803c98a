"""What the Python guide lays down, in one place: topics, the envelope, and a kafka-python that imports everywhere."""

import json
import os
import sys
from datetime import datetime, timezone

if sys.version_info >= (3, 12):
    # kafka-python 2.0.2 imports `kafka.vendor.six.moves` through a kind of import hook that Python 3.12 removed.
    import six

    sys.modules["kafka.vendor.six.moves"] = six.moves

BOOTSTRAP_SERVERS = os.getenv("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092")
COMMANDS_TOPIC = os.getenv("KAFKA_COMMANDS_TOPIC", "service_commands")
EVENTS_TOPIC = os.getenv("KAFKA_EVENTS_TOPIC", "service_events")


def encode(message):
    """An envelope as bytes."""
    return json.dumps(message).encode("utf-8")


def decode(value):
    """An envelope from bytes."""
    return json.loads(value.decode("utf-8"))


def utcnow():
    """What `datetime.utcnow()` gives, which newer Pythons warn about: the time in UTC, without a zone."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


def envelope(kind, correlation_id, payload, source):
    """One message as services of the guide write it: the time is UTC and does not say so."""
    return {
        "type": kind,
        "correlation_id": correlation_id,
        "timestamp": utcnow().isoformat(),
        "payload": payload,
        "source": source,
    }
