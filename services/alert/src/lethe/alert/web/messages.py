"""The messages of the alert stream, both ways. The AsyncAPI document is made from them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict

from lethe.alert.hub import EventKind
from lethe.alert.web.views import AlertView

_Whole = Annotated[int, Strict()]
MOST_NEWEST = 1_000


class Begin(BaseModel):
    """Who listens, and from where on. The first message of a client.

    Attributes
    ----------
    after
        The highest sequence that it has; 0 for all that are kept, -1 for those to come.
    newest
        With -1, so many of the latest come before those to come.
    token
        A bearer token; a browser that is signed in leaves it out.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    after: Annotated[_Whole, Field(ge=-1, le=2**62)]
    newest: Annotated[_Whole, Field(ge=0, le=MOST_NEWEST)] = 0
    token: str | None = Field(default=None, repr=False)


class Delivered(BaseModel):
    """What a client has received, in hand of whoever it is for. No officer's acknowledgement."""

    model_config = ConfigDict(hide_input_in_errors=True)

    delivered: Annotated[_Whole, Field(ge=0, le=2**62)]


class _Sent(BaseModel):
    # Whatever has a default is sent all the same.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class Hello(_Sent):
    """The first message to a client that is let in.

    Attributes
    ----------
    log
        Names what the sequences belong to; with another one than before, a client begins anew.
    term
        Numbers the leader's term; with another one than before, what happened to earlier alerts
        may have been missed: they are read again at `GET /alerts`.
    sequence
        Of the newest alert.
    at
        The server's time (RFC 3339, UTC), by which the times in alerts are meant.
    heartbeat_s
        Silence that lasts twice as long is a lost connection.
    """

    type: Literal["hello"] = "hello"
    log: str
    term: int
    sequence: int
    at: str
    heartbeat_s: float


class AlertEvent(_Sent):
    """What happened to an alert, which comes as it is now. It may come again: the newest counts.

    Attributes
    ----------
    type
        `alert` (raised), `sighting` (seen again, its subject is withdrawn, or its watchlist is
        erased: the subject's name is the id then), `acknowledged`, `claimed`, `released`,
        `adjudicated`, or
        `erased`: whoever shows its pictures must let go of them.
    """

    type: EventKind
    sequence: int
    alert: AlertView


class GapMarker(_Sent):
    """Alerts after `after`, up to and including `sequence`, aren't on the stream any more.

    They are read at `GET /alerts`. Where `sequence` is the lower one, the client's was of another
    log, and it begins anew.
    """

    type: Literal["gap"] = "gap"
    after: int
    sequence: int


class CaughtUp(_Sent):
    """Nothing waits: a client that asks for what follows `sequence` misses nothing."""

    type: Literal["caught-up"] = "caught-up"
    sequence: int


class Heartbeat(_Sent):
    """Nothing happened, and the connection lives. `at` is the server's time."""

    type: Literal["heartbeat"] = "heartbeat"
    sequence: int
    at: str


FROM_CLIENT: tuple[type[BaseModel], ...] = (Begin, Delivered)
TO_CLIENT: tuple[type[BaseModel], ...] = (
    Hello,
    AlertEvent,
    GapMarker,
    CaughtUp,
    Heartbeat,
)
CLOSE_CODES = {
    1008: "the message isn't one of the stream's, or there are too many of them",
    1009: "the message is longer than 4,096 bytes",
    1012: "another instance leads: connect again",
    1013: "too many connections, or tokens can't be checked now: try again later",
    4401: "no token that holds, or it ended meanwhile; the reason says which",
    4403: "the token's roles aren't enough",
    4408: "you read too slowly: connect again, and resume",
}
