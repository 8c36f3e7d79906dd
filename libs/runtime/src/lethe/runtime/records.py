"""A record as handlers see it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from lethe.contracts.headers import KafkaHeaders
from lethe.contracts.topic import Topic


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a topic. The body stays out of its repr: it may be anything."""

    topic: Topic
    partition: int
    offset: int
    key: str
    headers: KafkaHeaders = field(repr=False)
    body: bytes = field(repr=False)


Handler = Callable[[Record], Awaitable[None]]
