"""A publisher that remembers, in place of the one that speaks to a broker."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.support.clocks import FakeClock

from lethe.contracts.errors import Transient
from lethe.contracts.headers import KafkaHeaders
from lethe.contracts.instants import Instant
from lethe.contracts.topic import MessageTopic, Topic
from lethe.runtime.publisher import Publisher, require_sealed
from lethe.runtime.records import Record


@dataclass(frozen=True)
class Sent:
    """A published record."""

    topic: str
    key: str
    body: bytes
    headers: KafkaHeaders


@dataclass
class FakePublisher(Publisher):
    """Takes what is published; `refusing` names topics that the broker doesn't take.

    `together` tells how many records each call of `send_all` had.
    """

    clock: FakeClock = field(default_factory=FakeClock)
    sent: list[Sent] = field(default_factory=list)
    refusing: set[str] = field(default_factory=set)
    together: list[int] = field(default_factory=list)

    def now(self) -> Instant:
        return self.clock.now()

    def of(self, topic: Topic) -> list[Sent]:
        """Return what was published to a topic."""
        return [sent for sent in self.sent if sent.topic == topic.name]

    async def send(
        self, topic: Topic, key: str, body: bytes, headers: KafkaHeaders | None = None
    ) -> None:
        require_sealed(topic, body)
        await self.send_raw(topic.name, 0, key, body, headers or [])

    async def send_all(self, topic: MessageTopic, records: Sequence[tuple[str, bytes]]) -> None:
        self.together.append(len(records))
        for key, body in records:
            await self.send(topic, key, body)

    async def send_raw(
        self, name: str, partition: int, key: str, body: bytes, headers: KafkaHeaders
    ) -> None:
        assert partition == 0
        if name in self.refusing:
            raise Transient(f"{name}: not published")
        self.sent.append(Sent(name, key, body, headers))


def record(
    topic: Topic, key: str, body: bytes, headers: KafkaHeaders | None = None, partition: int = 0
) -> Record:
    """Return a record as a reader hands it over."""
    return Record(
        topic=topic, partition=partition, offset=7, key=key, headers=headers or [], body=body
    )
