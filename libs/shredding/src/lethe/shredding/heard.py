"""Reading a ticket of another service: who sent it, and whether that could be."""

from hashlib import sha256

from lethe.contracts.errors import Refused
from lethe.contracts.instants import Instant
from lethe.contracts.keys import KeyTicket
from lethe.contracts.sealed import SignedEnvelope
from lethe.contracts.topic import Topic
from lethe.shredding.ownership import HeardTicket
from lethe.shredding.roster import Roster


def read_ticket(
    topic: Topic, key: str, body: bytes, roster: Roster, received: Instant
) -> HeardTicket:
    """Return a ticket that the service signed which writes the topic.

    An entry of the roster that is named as its role speaks for every instance of it; any other
    one for the instance of its own name, so that who has the key of one can't speak for another.

    Parameters
    ----------
    key
        Of the record.

    Raises
    ------
    InvalidMessage
        If it doesn't fit its contract.
    Refused
        If the signature, the role or the instance doesn't hold.
    """
    envelope = SignedEnvelope.decode(body)
    entry = roster.check(envelope, topic.name, (topic.producer,), received.wall_us)
    ticket = KeyTicket.decode(envelope.payload)
    if ticket.role != entry.role or key != ticket.instance_id:
        raise Refused("a ticket claims another role or instance than it was sent by")
    if entry.name not in (entry.role, ticket.instance_id):
        raise Refused("a ticket claims another instance than its signer is")
    return HeardTicket(ticket, sha256(envelope.payload).digest(), received)
