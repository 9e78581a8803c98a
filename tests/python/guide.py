"""The conventions of a hand-written Python service: topics and the envelope; also makes kafka-python importable everywhere."""

import json
import os
import sys
from datetime import datetime, timezone

if sys.version_info >= (3, 12):
    # kafka-python 2.0.2 imports `kafka.vendor.six.moves` with an import hook that Python 3.12 removed.
    import six

    sys.modules["kafka.vendor.six.moves"] = six.moves

BOOTSTRAP_SERVERS = os.getenv("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092")
COMMANDS_TOPIC = os.getenv("KAFKA_COMMANDS_TOPIC", "service_commands")
EVENTS_TOPIC = os.getenv("KAFKA_EVENTS_TOPIC", "service_events")


def encode(message):
    """Encodes an envelope."""
    return json.dumps(message).encode("utf-8")


def decode(value):
    """Decodes an envelope."""
    return json.loads(value.decode("utf-8"))


def utcnow():
    """The time in UTC without a time zone, like `datetime.utcnow()`, which is deprecated."""
    return datetime.now(timezone.utc).replace(tzinfo=None)


def envelope(kind, correlation_id, payload, source):
    """An envelope as such services write it: the timestamp is UTC without a time zone."""
    return {
        "type": kind,
        "correlation_id": correlation_id,
        "timestamp": utcnow().isoformat(),
        "payload": payload,
        "source": source,
    }
