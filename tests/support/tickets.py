"""Tickets as services send them, as far as others than purge read them."""

from lethe.contracts.instants import Instant
from lethe.contracts.keys import KeyTicket, Role
from lethe.contracts.topic import PARTITIONS


def ticket_of_detect(
    pack: str,
    sequence: int,
    sent: Instant,
    *,
    instance_id: str = "detect-1",
    generation: int = 1,
    partitions: int = PARTITIONS,
) -> KeyTicket:
    """Return a ticket with which detect tells what model pack it works with."""
    return KeyTicket(
        instance_id=instance_id,
        role=Role.DETECT,
        boot="run",
        sequence=sequence,
        sent=sent,
        public_key=b"",
        partitions=list(range(partitions)),
        generation=generation,
        model=pack,
    )
