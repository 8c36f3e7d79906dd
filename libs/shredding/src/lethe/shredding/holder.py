"""A holder of slot keys: sends tickets, takes grants, uses each key once, forgets in time.

The life of everything granted to a ticket counts from the moment the holder sent that ticket, on
the holder's own boot clock. Nothing that fails to arrive, arrives late or arrives twice can
lengthen it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import RLock

from lethe.contracts.errors import Erased, Refused
from lethe.contracts.keys import (
    GrantedKey,
    KeyGranted,
    KeyTicket,
    Predecessor,
    Role,
)
from lethe.contracts.sealed import Purpose, SealAddress, SealedBody
from lethe.shredding.clock import Clock
from lethe.shredding.keyring import Keyring
from lethe.shredding.killswitch import Armed, DeadMansSwitch
from lethe.shredding.memory import wipe
from lethe.shredding.sealing import Sealer, open_into
from lethe.shredding.slotkeys import SlotKeys
from lethe.shredding.terms import SEALS, Life, OrderCheck, Reservation, Standing
from lethe.shredding.tickets import Tickets


class Holder:
    """Thread-safe: capture threads reserve, workers open, a reaper wipes.

    Parameters
    ----------
    instance_id, role, boot
        Who holds: `boot` is random for each run of the process.
    switch
        Armed for the moment at which the oldest key must be dead.
    order_check
        Where given, a key is kept, sealed under and opened with only while it holds. Called by
        any thread that does so.
    """

    def __init__(
        self,
        instance_id: str,
        role: Role,
        boot: str,
        *,
        clock: Clock,
        switch: DeadMansSwitch,
        life: Life | None = None,
        order_check: OrderCheck | None = None,
        predecessor: Predecessor | None = None,
    ) -> None:
        self.instance_id = instance_id
        self.role = role
        self.boot = boot
        self.clock = clock
        self.life = life or Life()
        self._armed = Armed(switch)
        self._order_check = order_check
        self._lock = RLock()
        self._keyring = Keyring(clock)
        self._sealer = Sealer()
        self._tickets = Tickets(
            instance_id, role, boot, clock=clock, life=self.life, predecessor=predecessor
        )

    # --- tickets and grants ------------------------------------------------------------------

    def issue_ticket(self, standing: Standing, *, leaving: bool = False) -> KeyTicket:
        """Return the next ticket and keep its private key until it is granted or due."""
        with self._lock:
            destroyed = self._keyring.drain_journal()
            ticket = self._tickets.issue(standing, destroyed, leaving=leaving)
            self._arm()
            return ticket

    def retract(self, ticket: KeyTicket) -> None:
        """Take back a ticket that couldn't be sent; what it told is told with the next."""
        with self._lock:
            self._tickets.retract(ticket)
            self._keyring.restore_journal(ticket.destroyed)
            self._arm()

    def accept(self, granted: KeyGranted) -> list[GrantedKey]:
        """Open a grant whose signature was checked, and hold its keys.

        Returns
        -------
        list of GrantedKey
            Those that are held now: none for a grant that is for somebody else.

        Raises
        ------
        Refused
            If the grant doesn't fit the ticket, or a key doesn't fit its commitment.
        Erased
            If the ticket is unknown, used or over: its private key is gone.
        """
        if (granted.holder, granted.role) != (self.instance_id, self.role):
            return []
        with self._lock:
            outstanding = self._tickets.take(granted.ticket_hash)
            if granted.boot != self.boot:
                raise Erased("a grant came for a process that is over")
            if outstanding is None:
                self._keyring.never_held(granted.keys)
                raise Erased("a grant came for a ticket that is used, over or another's")
            if granted.ticket_sequence != outstanding.sequence:
                raise Refused("a grant names another ticket")
            try:
                return self._keyring.hold(
                    granted, outstanding, self.life, is_ordered=self._is_ordered
                )
            finally:
                self._arm()

    # --- using keys --------------------------------------------------------------------------

    def reserve(
        self,
        lane: str,
        purpose: Purpose,
        *,
        slot: str | None = None,
        spare_ms: int = 0,
    ) -> Reservation | None:
        """Return a number to seal one record under, or None when no key is in hand.

        Parameters
        ----------
        slot
            Where given, only that slot's key will do; otherwise the newest in hand.
        spare_ms
            How long the key must still live.
        """
        with self._lock:
            held = self._usable(lane, purpose, slot, spare_ms)
            number = None if held is None else held.reserve()
            if held is None or number is None:
                return None
            return Reservation(
                held.slot, lane, purpose, number, held.deployment_id, held.order_hash
            )

    def seal(
        self, topic: str, address: SealAddress, content: memoryview, *, step: int
    ) -> SealedBody:
        """Seal one record and destroy its key. `finish` says when the clear copies are gone.

        Raises
        ------
        Erased
            If the key is gone, or a frame was captured before the key was in hand: the key's
            life would end later than T after that capture.
        Refused
            If the order doesn't hold any more, or this role doesn't seal for that purpose.
        """
        # Under the lock, so that the reaper can't wipe the key while it is being read.
        if address.purpose not in SEALS.get(self.role, frozenset()):
            raise Refused(f"{self.role.value} doesn't seal a {address.purpose.value}")
        with self._lock:
            held, key = self._keyring.take(address)
            self._check_order(held)
            if address.purpose is Purpose.FRAME and address.captured.boot_us < held.held_from_us:
                raise Erased("no key was in hand when the frame was captured")
            try:
                return self._sealer.seal(key, topic, address, content, step=step)
            finally:
                # Also when sealing failed midway: the nonce is constant, so no key seals twice.
                held.destroy(address.number)

    @contextmanager
    def opening(
        self,
        topic: str,
        address: SealAddress,
        sealed: bytes,
        into: memoryview,
        *,
        on_close: Callable[[], None] | None = None,
    ) -> Iterator[memoryview]:
        """Open a record, destroy its key, and overwrite the clear copy when the block ends.

        Whatever the caller derives from the content must be overwritten within the block.

        Parameters
        ----------
        on_close
            Called once, by any thread, if the slot's keys are wiped before the block has ended:
            the dead man's switch is next, so the work must be cut short. It must return at once.

        Raises
        ------
        Erased
            If the key is gone, or too little of its life is left.
        Refused
            If the seal or the order doesn't hold. The key stays until its end for the genuine
            record.
        """
        with self._lock:
            held, key = self._keyring.take(address, reserve_ms=self.life.opening_reserve_ms)
            self._check_order(held)
            try:
                content = open_into(key, topic, address, sealed, into)
            except BaseException:
                wipe(into)
                raise
            held.destroy(address.number, on_close)
        try:
            yield content
        finally:
            wipe(into)
            self.finish(address)
            # An array that the caller made over the view refuses its release; what it sees by
            # now is zeros, and nothing above may depend on it.
            with suppress(BufferError):
                content.release()

    def left_ms(self, opened: SealAddress) -> float:
        """Return how long until what was opened must be overwritten, in milliseconds."""
        with self._lock:
            held = self._keyring.newest(opened.lane, opened.purpose, opened.slot)
            return 0.0 if held is None else (held.wipe_at_us - self.clock.boot_us()) / 1000

    def finish(self, used: SealAddress | Reservation) -> None:
        """Say that the last clear copy of what was sealed or opened is overwritten."""
        with self._lock:
            self._keyring.finish(used.slot, used.lane, used.purpose, used.number)
            self._arm()

    def release(self, reservation: Reservation) -> None:
        """Give up a reserved number: nothing will be sealed under it, its key is destroyed."""
        self.finish(reservation)

    def unspent(self, lane: str, purpose: Purpose, *, spare_ms: int = 0) -> int:
        """Return how many numbers `reserve` would give now."""
        with self._lock:
            held = self._usable(lane, purpose, None, spare_ms)
            return 0 if held is None else held.unspent

    def holds(self, lane: str, purpose: Purpose) -> bool:
        """Tell whether a key of a lane is in hand."""
        with self._lock:
            held = self._keyring.newest(lane, purpose)
            return held is not None and not held.is_wiped

    # --- forgetting --------------------------------------------------------------------------

    def supersede(self, lane: str, purpose: Purpose, slot: str, *, spared: int = 1) -> None:
        """Wipe the keys of slots before `slot`, except the `spared` ones just before it.

        Records of a camera arrive in order, so that older slots yield nothing any more; one
        slot is spared for the seam between two generations of a topic.
        """
        with self._lock:
            self._keyring.supersede(lane, purpose, slot, spared)
            self._arm()

    def reap(self) -> int | None:
        """Wipe everything that is due; return when something is due next, on the boot clock.

        Called by the reaper thread and by tests.
        """
        with self._lock:
            self._tickets.give_up(self.clock.boot_us())
            self._keyring.reap()
            self._arm()
            due = self._tickets.stale_deadlines() + self._keyring.wipe_deadlines()
            return min(due, default=None)

    def release_all(self) -> None:
        """Wipe every key and ticket: the process stops, or its order has ended."""
        with self._lock:
            self._tickets.clear()
            self._keyring.release_all()
            self._arm()

    def holds_nothing(self) -> bool:
        """Tell whether no key, ticket or clear copy is alive, and key memory is all zeros."""
        with self._lock:
            is_clear = self._keyring.is_clear() and self._sealer.is_clear()
            return is_clear and not self._tickets.waiting

    def _usable(
        self, lane: str, purpose: Purpose, slot: str | None, spare_ms: int
    ) -> SlotKeys | None:
        held = self._keyring.newest(lane, purpose, slot)
        if held is None or held.wipe_at_us - self.clock.boot_us() <= spare_ms * 1000:
            return None
        return held if self._is_ordered(held.granted) else None

    def _is_ordered(self, granted: GrantedKey) -> bool:
        return self._order_check is None or self._order_check(granted, self.clock.wall_us())

    def _check_order(self, held: SlotKeys) -> None:
        if not self._is_ordered(held.granted):
            raise Refused("the order that a key was granted under doesn't hold any more")

    def _arm(self) -> None:
        self._armed.keep(
            (self._keyring.changes, *self._tickets.waiting),
            lambda: self._tickets.death_deadlines() + self._keyring.death_deadlines(),
        )
