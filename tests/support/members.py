"""A service's place in key traffic on a fake clock."""

from typing import cast

from tests.support.clocks import FakeClock

from lethe.contracts.base import Message
from lethe.contracts.keys import Role
from lethe.contracts.topic import Topic
from lethe.shredding.clock import SystemClock
from lethe.shredding.membership import Membership
from lethe.shredding.orders import OrderBook
from lethe.shredding.signing import Signer
from lethe.shredding.trust import LocalTrust


def member_of(
    trust: LocalTrust, role: Role, clock: FakeClock, orders: OrderBook | None = None
) -> Membership:
    """Return a membership as `join` would, without hardening this process."""
    roster = trust.roster()
    return Membership(
        instance_id=f"{role.value}-1",
        role=role,
        boot="run",
        clock=cast("SystemClock", clock),
        roster=roster,
        signer=Signer.from_file(trust.key_file(role.value)),
        orders=orders or OrderBook(roster),
        predecessor=None,
    )


def signed_by(trust: LocalTrust, name: str, topic: Topic, message: Message) -> bytes:
    """Return the body of a signed topic, signed by a service of the roster."""
    signer = Signer.from_file(trust.key_file(name))
    return signer.sign(topic.name, message.encode()).encode()
