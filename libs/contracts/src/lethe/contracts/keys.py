"""Tickets and grants: how slot keys reach their holders."""

from enum import StrEnum

from pydantic import Field

from lethe.contracts.base import Message
from lethe.contracts.bounds import ClockTime, Count, Name
from lethe.contracts.instants import Instant
from lethe.contracts.sealed import Purpose

MOST_TOLD_ERASED = 32
"""Watchlists in one ticket; orders tell match of the others."""

MOST_LOOKED_AT = 64
"""Cameras in one ticket: as many as people look at, at a time."""

MOST_AHEAD_MS = 1_000
"""How long before its slot begins a key may be granted at most."""


class Role(StrEnum):
    """A service that takes part in key traffic."""

    INGEST = "ingest"
    DETECT = "detect"
    MATCH = "match"
    ALERT = "alert"
    PURGE = "purge"


class CloseReason(StrEnum):
    """Why a holder wiped the rest of a slot key."""

    USED = "used"
    SUPERSEDED = "superseded"
    DEADLINE = "deadline"
    RELEASED = "released"


class DestroyedKeys(Message):
    """What a holder destroyed of one slot key since its last ticket.

    Attributes
    ----------
    numbers, at_boot_us
        Single-use keys that were destroyed, with the last clear copy of what they opened, and
        when, on the holder's boot clock. The two lists run in parallel.
    closed_at_boot_us
        When everything that was left of the slot key was wiped; None while some of it lives.
    """

    slot: str
    lane: str
    purpose: Purpose
    numbers: list[int] = Field(default_factory=list)
    at_boot_us: list[ClockTime] = Field(default_factory=list)
    closed_at_boot_us: ClockTime | None = None
    reason: CloseReason | None = None


class TransitKey(Message):
    """The public key to which match re-seals a rescued crop for alert.

    Attributes
    ----------
    term
        Of the alert instance that leads: while two announce a key, that of the later term counts.
    """

    key_id: str
    public_key: bytes
    term: int = 0


class Predecessor(Message):
    """The process that ran as this instance before, and when its supervisor saw it exit."""

    boot: str
    exited: Instant


class AuditHead(Message):
    """How far alert's audit log has got: what purge anchors in its receipts.

    Attributes
    ----------
    log
        Names the log.
    size
        How many entries it has.
    digest
        Hash (SHA-256, hex) of the last of them; before the first, of the log's name.
    """

    log: Name
    size: Count
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")


class HeldList(Message):
    """What an instance of match holds of a watchlist, of one model pack.

    Attributes
    ----------
    model
        Digest of the pack that made its templates.
    references, subjects
        How many there are, and of how many people.
    content_hash
        See `lethe.contracts.orders.watchlist_hash`. Empty while references come: it takes as long
        as the list is large, and isn't what an order names before the last one.
    """

    watchlist_id: Name
    model: str
    references: Count
    content_hash: str = ""
    subjects: Count = 0


class KeyTicket(Message):
    """A one-time public key of a holder, with what it owns and what it destroyed.

    Attributes
    ----------
    instance_id, boot, sequence
        The holder, one run of its process (random), and a counter within that run.
    sent
        The moment from which the life of everything granted to this ticket counts.
    public_key
        ML-KEM-768 encapsulation key (1,184 bytes) followed by the X25519 key (32 bytes). Empty
        in the last ticket of a process.
    partitions, generation
        The partitions of the camera topics that this instance owns, and the generation of the
        consumer group that gave them to it: the highest generation that claims one owns it.
    enrols
        Whether the holder takes part in enrolment now.
    leaving
        The last ticket of a process that stops in order: it holds nothing any more.
    watchlists
        Empty since `lists` tells of what model pack they are.
    lists
        What match holds.
    model
        SHA-256 (hex) of the model pack that the holder works with; detect tells it.
    software
        SHA-256 (hex) over the files of the program that the holder is.
    receipts
        How many entries alert keeps of the newest log of each purge, by the log's origin. None
        where it doesn't keep any now.
    false_alerts
        How many alerts were adjudicated as false, by deployment: told by the alert that leads, of
        those whose order has a budget for them.
    audit
        Head of the audit log, told by the alert that leads.
    erased_watchlists
        Those that were erased last, told by the alert that leads: match holds none of them.
    looks
        Cameras that somebody looks at now, told by the alert that leads: it is granted the keys of
        their views.
    """

    instance_id: str
    role: Role
    boot: str
    sequence: int
    sent: Instant
    public_key: bytes
    partitions: list[int] = Field(default_factory=list)
    generation: int = 0
    enrols: bool = False
    destroyed: list[DestroyedKeys] = Field(default_factory=list)
    transit: TransitKey | None = None
    predecessor: Predecessor | None = None
    started: Instant | None = None
    watchlists: dict[str, str] = Field(default_factory=dict)
    leaving: bool = False
    model: str = ""
    software: str = ""
    receipts: dict[str, int] | None = None
    audit: AuditHead | None = None
    false_alerts: dict[Name, Count] = Field(default_factory=dict)
    erased_watchlists: list[Name] = Field(default_factory=list, max_length=MOST_TOLD_ERASED)
    looks: list[Name] = Field(default_factory=list, max_length=MOST_LOOKED_AT)
    lists: list[HeldList] = Field(default_factory=list)


class GrantedKey(Message):
    """One slot key within a grant, by its commitment.

    AES-GCM doesn't commit to its key, so a holder checks what it unwrapped against
    `commitment`: SHA-256 over a label and the key.

    Attributes
    ----------
    slot
        The slot that it is the key of.
    after_ms
        How long after its grant is in hand the slot begins: nothing is captured under it before,
        and its life counts from so long after the ticket. What the key is expanded into depends on
        it, so that holders who are told different times can't open each other's records.
    withdrawn
        Who is withdrawn under the order, as purge obeys it, see `withdrawal_hash`: match keeps
        the key only if it has obeyed that list as well.
    """

    slot: Name
    lane: Name
    purpose: Purpose
    deployment_id: Name
    order_hash: str
    commitment: bytes
    withdrawn: str = ""
    after_ms: int = Field(default=0, ge=0, le=MOST_AHEAD_MS)


class KeyGranted(Message):
    """The keys of some slots in a row for one ticket, HPKE-sealed to the ticket's public key.

    Attributes
    ----------
    slot
        The first of the slots: it names the grant.
    """

    term: Name
    slot: Name
    made: Instant
    holder: str
    boot: str
    role: Role
    ticket_sequence: int
    ticket_hash: bytes
    keys: list[GrantedKey]
    sealed: bytes = Field(repr=False)

    def binding(self) -> bytes:
        """Return what the HPKE seal is bound to: everything but the ciphertext."""
        return self.model_copy(update={"sealed": b""}).encode()
