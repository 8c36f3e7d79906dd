"""Messages of the plumbing itself: generations of live topics and dead letters."""

from lethe.contracts.base import Message
from lethe.contracts.instants import Instant


class GenerationOpened(Message):
    """The rolling topics have a new generation, ready to be written and read.

    The embedded broker frees memory only when a topic is deleted, so its live topics are rolled.
    On brokers with retention there is one generation, and this message is never sent.
    """

    generation: int
    opened: Instant


class DeadLetter(Message):
    """What is known of a record that couldn't be handled. Never any part of its payload."""

    topic: str
    partition: int
    offset: int
    consumer: str
    error: str
    at: Instant
