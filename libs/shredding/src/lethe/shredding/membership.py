"""What every service that holds keys puts together at its start."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lethe.contracts.errors import InvalidInput, LetheError, Refused
from lethe.contracts.keys import Predecessor, Role
from lethe.shredding.clock import SystemClock
from lethe.shredding.hardening import harden_process, runs_as_init
from lethe.shredding.holder import Holder
from lethe.shredding.killswitch import KernelTimer
from lethe.shredding.order_check import order_check
from lethe.shredding.orders import OrderBook
from lethe.shredding.roster import Roster
from lethe.shredding.signing import Signer
from lethe.shredding.terms import Life

_FOLLOW_S = 5.0


@dataclass(frozen=True, slots=True)
class Membership:
    """A service's place in key traffic: who it is, whom it trusts, which orders it knows."""

    instance_id: str
    role: Role
    boot: str
    clock: SystemClock
    roster: Roster
    signer: Signer
    orders: OrderBook
    predecessor: Predecessor | None

    def holder(self, life: Life, *, obeys_orders: bool) -> Holder:
        """Return this service's holder of keys, its dead man's switch armed by the kernel.

        Parameters
        ----------
        obeys_orders
            Keep keys for cameras only under an order that this service verified itself.
        """
        return Holder(
            self.instance_id,
            self.role,
            self.boot,
            clock=self.clock,
            switch=KernelTimer(),
            life=life,
            order_check=order_check(self.orders, self.role) if obeys_orders else None,
            predecessor=self.predecessor,
        )

    async def follow_roster(self, refused: Callable[[LetheError], None]) -> None:
        """Read the roster file every few seconds until cancelled: a signer may be revoked.

        Parameters
        ----------
        refused
            Told when the file's roster doesn't hold; the one in force stays.
        """
        while True:
            await asyncio.sleep(_FOLLOW_S)
            try:
                self.roster.reload()
            except (Refused, InvalidInput) as error:
                refused(error)


def join(
    role: Role,
    *,
    instance_id: str,
    roster_file: Path,
    roster_root: str,
    signing_key_file: Path,
    allow_local_orders: bool,
    predecessor: str | None,
    supervised: bool,
) -> Membership:
    """Harden this process and read what it needs to be trusted and to trust.

    Raises
    ------
    InvalidInput
        If a file can't be read, or this is PID 1, where no dead man's switch works.
    Refused
        If the roster doesn't hold.
    """
    if runs_as_init():
        raise InvalidInput("a service can't run as PID 1: start it under an init such as tini")
    harden_process(dies_with_parent=supervised)
    try:
        root = bytes.fromhex(roster_root)
    except ValueError:
        raise InvalidInput("LETHE_ROSTER_ROOT: not a public key in hex") from None
    clock = SystemClock()
    roster = Roster(roster_file, root)
    return Membership(
        instance_id=instance_id,
        role=role,
        boot=secrets.token_hex(8),
        clock=clock,
        roster=roster,
        signer=Signer.from_file(signing_key_file),
        orders=OrderBook(roster, allow_local=allow_local_orders),
        predecessor=Predecessor.model_validate_json(predecessor) if predecessor else None,
    )
