"""A custodian with tickets made by hand."""

import os
from dataclasses import replace

from tests.support.clocks import FakeClock, TrueTime
from tests.support.forgetting import LIST, Entropy, Witness, heard
from tests.support.pipeline import CAMERA_ROLES

from lethe.contracts.keys import KeyGranted, KeyTicket, Role
from lethe.contracts.topic import PARTITIONS
from lethe.purge.custodian import Custodian
from lethe.shredding.orders import OrderBook
from lethe.shredding.ownership import HeardTicket
from lethe.shredding.suspensions import Suspensions
from lethe.shredding.wrapping import UnwrapKey

_PUBLIC_KEY = UnwrapKey.generate().public_key


class Custody:
    """Time, one custodian, and the numbers of the tickets it was sent."""

    def __init__(self, orders: OrderBook, slots: int = 1) -> None:
        self.time = TrueTime()
        self.clock = FakeClock(self.time)
        self.witness = Witness(Entropy(os.urandom))
        self.suspensions = Suspensions(orders)
        self.custodian = Custodian(
            orders,
            self.suspensions,
            self.clock,
            term="term",
            slots=slots,
            entropy=self.witness.entropy,
        )
        self._sequence = 0

    def ticket(self, role: Role, **changes: object) -> KeyTicket:
        """Return a ticket sent now by a holder that owns every partition, changed as told."""
        self._sequence += 1
        content: dict[str, object] = {
            "instance_id": f"{role.value}-1",
            "role": role,
            "boot": "run-1",
            "sequence": self._sequence,
            "sent": self.clock.now(),
            "public_key": _PUBLIC_KEY,
            "partitions": list(range(PARTITIONS)),
            "generation": 1,
            "started": self.clock.now().shifted_to(0),
            "lists": [LIST],
        }
        return KeyTicket.model_validate(content | changes)

    def hear(self, ticket: KeyTicket, after_ms: float = 0) -> bool:
        """Let the custodian receive a ticket as if so much time had passed since now."""
        item: HeardTicket = heard(ticket, self.clock.now())
        received = item.received.shifted_to(item.received.boot_us + round(after_ms * 1000))
        return self.custodian.hear(replace(item, received=received))

    def hear_all(self, **changes: object) -> list[KeyTicket]:
        """Let everybody who is needed for a camera send a ticket."""
        tickets = [self.ticket(role, **changes) for role in CAMERA_ROLES]
        for ticket in tickets:
            self.hear(ticket)
        return tickets

    def made(self) -> dict[str, KeyGranted]:
        """Return the grants made now, by holder."""
        return {granted.holder: granted for granted in self.custodian.make()}
