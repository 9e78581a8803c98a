"""A hand-written Python service, as a peer in tests: answers `example_command` with `example.command_processed`.

Configured by the environment: KAFKA_BOOTSTRAP_SERVERS, KAFKA_COMMANDS_TOPIC, KAFKA_EVENTS_TOPIC,
KAFKA_GROUP_ID, KAFKA_SERVICE_NAME. Prints `ready` when it has partitions, and stops on SIGTERM or SIGINT.
"""

import logging
import os
import signal
import threading

import guide
from kafka import KafkaConsumer, KafkaProducer

logger = logging.getLogger("guide-service")

SERVICE_NAME = os.getenv("KAFKA_SERVICE_NAME", "python-service")
GROUP_ID = os.getenv("KAFKA_GROUP_ID", f"{SERVICE_NAME}-group")


class KafkaService:
    """Consumes commands on one thread, runs each handler on another, and publishes their events."""

    def __init__(self):
        self.handlers = {}
        self.stopping = threading.Event()
        self.producer = KafkaProducer(
            bootstrap_servers=guide.BOOTSTRAP_SERVERS,
            value_serializer=guide.encode,
            retries=5,
            request_timeout_ms=30_000,
        )
        self.consumer = KafkaConsumer(
            guide.COMMANDS_TOPIC,
            bootstrap_servers=guide.BOOTSTRAP_SERVERS,
            group_id=GROUP_ID,
            auto_offset_reset="earliest",
            value_deserializer=guide.decode,
            consumer_timeout_ms=200,
        )
        self.thread = threading.Thread(target=self.consume, daemon=True)

    def register_command_handler(self, command, handler):
        self.handlers[command] = handler

    def publish_event(self, kind, payload, correlation_id=None):
        if not correlation_id:
            correlation_id = f"service-{guide.utcnow().strftime('%Y%m%d%H%M%S')}-{os.urandom(4).hex()}"
        self.producer.send(guide.EVENTS_TOPIC, guide.envelope(kind, correlation_id, payload, SERVICE_NAME))
        self.producer.flush()

    def start(self):
        self.thread.start()

    def consume(self):
        announced = False
        while not self.stopping.is_set():
            for message in self.consumer:
                self.process(message)
                if self.stopping.is_set():
                    break
            if not announced and self.consumer.assignment():
                announced = True
                print("ready", flush=True)

    def process(self, message):
        command = message.value
        kind, correlation_id = command.get("type"), command.get("correlation_id")
        if not kind or not correlation_id:
            logger.warning("not a command on %s: %s", message.topic, command)
            return
        handler = self.handlers.get(kind)
        if handler is None:
            logger.warning("no handler for command %s", kind)
            return
        threading.Thread(target=handler, args=(correlation_id, command.get("payload", {}))).start()

    def close(self):
        self.stopping.set()
        self.thread.join(timeout=5)
        self.consumer.close()
        self.producer.close(timeout=5)


def main():
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s [%(levelname)s] %(name)s: %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    service = KafkaService()

    def example_command(correlation_id, payload):
        answer = {"status": "success", "result": "Command processed successfully", "received": payload}
        service.publish_event("example.command_processed", answer, correlation_id)

    service.register_command_handler("example_command", example_command)
    service.start()
    stop.wait()
    service.close()


if __name__ == "__main__":
    main()
