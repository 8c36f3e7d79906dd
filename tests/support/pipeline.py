"""Ingest, detect and match with a custodian on one machine, on which everything arrives."""

import os

from tests.support.clocks import FakeClock, TrueTime
from tests.support.forgetting import (
    ALL_PARTITIONS,
    Entropy,
    FakeSwitch,
    Witness,
    an_order,
    book_with,
    heard,
    seal_frame,
)

from lethe.contracts.keys import KeyGranted, Role
from lethe.contracts.sealed import SealAddress
from lethe.purge.custodian import Custodian
from lethe.shredding.clock import instant
from lethe.shredding.holder import Holder
from lethe.shredding.orders import OrderBook
from lethe.shredding.suspensions import Suspensions
from lethe.shredding.terms import OrderCheck
from lethe.shredding.trust import LocalTrust

CAMERA_ROLES = (Role.INGEST, Role.DETECT, Role.MATCH)


class Pipeline:
    """Three holders, one custodian, one order; time moves only when told to.

    Parameters
    ----------
    book
        The orders that the custodian obeys, instead of the one.
    slots
        For how many slots in a row a ticket is answered.
    """

    def __init__(
        self,
        trust: LocalTrust,
        *,
        order_check: OrderCheck | None = None,
        book: OrderBook | None = None,
        slots: int = 1,
    ) -> None:
        self.standing = ALL_PARTITIONS
        self.time = TrueTime()
        self.clock = FakeClock(self.time)
        self.witness = Witness(Entropy(os.urandom))
        self.switches = {role: FakeSwitch() for role in CAMERA_ROLES}
        self.holders = {
            role: Holder(
                f"{role.value}-1",
                role,
                f"run-{role.value}",
                clock=self.clock,
                switch=self.switches[role],
                order_check=order_check,
            )
            for role in CAMERA_ROLES
        }
        book = book or book_with(trust, an_order())
        self.suspensions = Suspensions(book)
        self.custodian = Custodian(
            book,
            self.suspensions,
            self.clock,
            term="term",
            slots=slots,
            entropy=self.witness.entropy,
        )

    def grants(self) -> dict[Role, KeyGranted]:
        """Send everybody's ticket and return the grants made for them."""
        for holder in self.holders.values():
            ticket = holder.issue_ticket(self.standing)
            assert self.custodian.hear(heard(ticket, instant(self.clock)))
        self.time.advance_ms(5)
        granted = self.custodian.make()
        for grant in granted:
            self.witness.learn(grant)
        return {grant.role: grant for grant in granted}

    def run_slot(self) -> None:
        """Bring everybody's keys of one slot into their hands."""
        for role, granted in self.grants().items():
            assert self.holders[role].accept(granted)

    def captured(self, content: bytes) -> tuple[SealAddress, bytes]:
        """Capture and seal one frame now."""
        sealed = seal_frame(self.holders[Role.INGEST], content)
        assert sealed is not None, "no key is in hand"
        return sealed
