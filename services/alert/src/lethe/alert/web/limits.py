"""When a connection of the stream ends, and why."""

from dataclasses import dataclass

GOING_AWAY = 1001
POLICY_VIOLATION = 1008
SERVICE_RESTART = 1012
TRY_AGAIN_LATER = 1013
NOT_SIGNED_IN = 4401
"""Close codes of our own, after the statuses of HTTP."""
NOT_ALLOWED = 4403
TOO_SLOW = 4408

_ROOM = 120
"""A close frame has room for 123 bytes."""


class Ended(Exception):
    """A connection is to be closed with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason[:_ROOM]


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """What a connection may take, so that one can't keep others from hearing.

    Attributes
    ----------
    heartbeat_s
        A client hears something at least this often, so that it notices a dead connection.
    caught_up_s
        That nothing waits is told at once after what a client missed, and no more often than this
        afterwards: told behind every alert, it would be half of what is sent.
    first_message_s
        Within this a client has to say who it is.
    send_s
        What a client must have read a batch of messages within. What it hasn't read yet is some
        kilobytes on this side, and its place in the log.
    last_word_s
        How long it is tried to tell a client why its connection ends.
    connections, of_one
        How many there may be, of all and of one person; more are told to try again later.
    unknown
        How many may not have said yet who they are: with one more, whoever has been silent
        longest has to leave. They take no place from those who are known.
    openings_per_s, opening_burst
        How often one person may connect: each time is in the audit log.
    messages_per_s, message_burst
        What a client may send.
    """

    heartbeat_s: float = 15.0
    caught_up_s: float = 1.0
    first_message_s: float = 10.0
    send_s: float = 20.0
    last_word_s: float = 5.0
    connections: int = 2_000
    of_one: int = 20
    unknown: int = 500
    openings_per_s: float = 1.0
    opening_burst: int = 60
    messages_per_s: float = 20.0
    message_burst: int = 100


DEFAULT_LIMITS = StreamLimits()
