"""Print every alert once, and when to forget it: a client of Lethe's topics on Kafka.

    python hear.py 127.0.0.1:9092

It needs `pip install aiokafka msgpack`. One line of JSON for each piece of news goes to standard
output; what to do about it, such as telling a control room, belongs where `print` stands.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from typing import Any

import msgpack
from aiokafka import AIOKafkaConsumer, ConsumerRecord

RAISED = "lethe.alert.alert-raised.v1"
ADJUDICATED = "lethe.alert.alert-adjudicated.v1"
ERASED = "lethe.alert.alerts-erased.v1"
GROUP = "control-room"  # how far we have got is kept at the broker under this name


class Alerts:
    """What is known of alerts. Keep it in a database to go on after a restart."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self.ended: set[str] = set()
        self.decided: dict[str, int] = {}

    def hear(self, record: ConsumerRecord) -> Iterator[dict[str, Any]]:
        """Give what is new in a record: each may come more than once."""
        said = msgpack.unpackb(record.value)
        if record.topic == RAISED:
            yield from self._raise(said)
        elif record.topic == ADJUDICATED:
            yield from self._decide(said)
        else:
            # A signed message: the broker's access rules must say that alert alone writes it.
            for erased in msgpack.unpackb(said["payload"])["alerts"]:
                yield from self._forget(erased["alert_id"])

    def _raise(self, alert: dict[str, Any]) -> Iterator[dict[str, Any]]:
        name = alert["alert_id"]
        if name not in self.kept and name not in self.ended:
            self.kept[name] = alert
            yield {"news": "raised", **alert}

    def _decide(self, made: dict[str, Any]) -> Iterator[dict[str, Any]]:
        name = made["alert_id"]
        if made["number"] > self.decided.get(name, 0):
            self.decided[name] = made["number"]
            yield {"news": "adjudicated", **made}
            if made["verdict"] == "false_alert":
                yield from self._forget(name)

    def _forget(self, name: str) -> Iterator[dict[str, Any]]:
        # Also one that we haven't heard of yet: the topics come in no order among themselves.
        if name not in self.ended:
            self.ended.add(name)
            self.kept.pop(name, None)
            yield {"news": "forget", "alert_id": name}


async def hear(broker: str) -> None:
    """Follow the topics from where this group has got to, for ever."""
    consumer = AIOKafkaConsumer(
        RAISED,
        ADJUDICATED,
        ERASED,
        bootstrap_servers=broker,
        group_id=GROUP,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    alerts = Alerts()
    await consumer.start()
    try:
        async for record in consumer:
            for news in alerts.hear(record):
                print(json.dumps(news), flush=True)
            # Only now: whoever stops before this hears it again.
            await consumer.commit()
    finally:
        await consumer.stop()


if __name__ == "__main__":
    asyncio.run(hear(*sys.argv[1:]))
