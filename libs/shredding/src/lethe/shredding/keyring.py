"""The slot keys that a holder has in hand, by slot and by lane."""

from collections.abc import Callable, Iterable

from lethe.contracts.errors import Erased, Refused
from lethe.contracts.keys import CloseReason, DestroyedKeys, GrantedKey, KeyGranted
from lethe.contracts.sealed import Purpose, SealAddress
from lethe.shredding.clock import Clock
from lethe.shredding.grants import Outstanding, opened_grant
from lethe.shredding.journal import Journal
from lethe.shredding.memory import SecretArena
from lethe.shredding.slotkeys import SlotKeys
from lethe.shredding.terms import Life

_MADE_OF_FRAMES = (Purpose.PROBE, Purpose.VIEW)


class Keyring:
    """Not thread-safe: its holder locks.

    A slot stays until its last key is wiped *and* the last clear copy of what they opened is
    overwritten; until then it counts for the dead man's switch.

    Attributes
    ----------
    changes
        How often a slot came or went.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._arena = SecretArena()
        self._journal = Journal()
        self._slots: dict[tuple[str, str, Purpose], SlotKeys] = {}
        self._lanes: dict[tuple[str, Purpose], list[SlotKeys]] = {}
        self.changes = 0

    def hold(
        self,
        granted: KeyGranted,
        outstanding: Outstanding,
        life: Life,
        *,
        is_ordered: Callable[[GrantedKey], bool],
    ) -> list[GrantedKey]:
        """Open the grant of a ticket that waited for it, and return those of its keys now held.

        Raises
        ------
        Refused
            If the grant doesn't open, or a key doesn't fit its commitment.
        Erased
            If the time of the ticket's keys is over.
        """
        wipe_at_us = outstanding.wipe_us(life)
        with opened_grant(granted, outstanding.unwrap_key) as keys:
            if self._clock.boot_us() >= wipe_at_us:
                raise Erased("a grant came after its ticket's end")
            return [
                named
                for slot_key, named in zip(keys, granted.keys, strict=True)
                if self.add(
                    slot_key,
                    named,
                    wanted=is_ordered(named),
                    wipe_at_us=wipe_at_us,
                    dies_at_us=outstanding.dies_us(life),
                )
            ]

    def add(
        self,
        slot_key: memoryview,
        granted: GrantedKey,
        *,
        wanted: bool,
        wipe_at_us: int,
        dies_at_us: int,
    ) -> bool:
        """Expand and hold a slot key; tell whether it is held.

        Its slot begins some time after now, and its life ends as much later than that of a key
        whose slot begins at once. Only spans of time are compared: whoever captures had the grant
        after this holder sent its ticket, so nothing captured under the key is older than its life.

        One that isn't wanted is journalled as closed at once. One whose slot is held already is
        not: the name would be told as closed while its first key lives.
        """
        name = (granted.slot, granted.lane, granted.purpose)
        if name in self._slots:
            return False
        now_us = self._clock.boot_us()
        if not wanted:
            self._journal.closed(name, now_us, CloseReason.RELEASED)
            return False
        after_us = granted.after_ms * 1000
        held = SlotKeys(
            self._arena,
            slot_key,
            granted,
            held_from_us=now_us + after_us,
            wipe_at_us=wipe_at_us + after_us,
            dies_at_us=dies_at_us + after_us,
        )
        self._slots[name] = held
        self.changes += 1
        self._lanes.setdefault((granted.lane, granted.purpose), []).append(held)
        return True

    def never_held(self, named: list[GrantedKey]) -> None:
        """Journal keys that were granted and can't be opened: their ticket's key is gone."""
        for key in named:
            name = (key.slot, key.lane, key.purpose)
            if name not in self._slots:
                self._journal.closed(name, self._clock.boot_us(), CloseReason.DEADLINE)

    def newest(self, lane: str, purpose: Purpose, slot: str | None = None) -> SlotKeys | None:
        """Return the newest slot of a lane that has begun, or the named one if it is held."""
        if slot is not None:
            return self._slots.get((slot, lane, purpose))
        now_us = self._clock.boot_us()
        held = reversed(self._lanes.get((lane, purpose), []))
        return next((slot_keys for slot_keys in held if slot_keys.held_from_us <= now_us), None)

    def take(self, address: SealAddress, *, reserve_ms: int = 0) -> tuple[SlotKeys, memoryview]:
        """Return a live key and its slot. The key is valid only while the holder locks.

        Raises
        ------
        Erased
            If the key is gone, or less than `reserve_ms` of its life is left.
        Refused
            If it was granted under another order than the address names.
        """
        held = self._slots.get((address.slot, address.lane, address.purpose))
        if held is None:
            raise Erased("the slot's keys are gone or were never held")
        if self._clock.boot_us() + reserve_ms * 1000 >= held.wipe_at_us:
            raise Erased("the slot's keys are at their end")
        if (held.deployment_id, held.order_hash) != (address.deployment_id, address.order_hash):
            raise Refused("a record names another order than its key")
        return held, held.key(address.number)

    def finish(self, slot: str, lane: str, purpose: Purpose, number: int) -> None:
        """Note that the last clear copy of a number's content is overwritten."""
        name = (slot, lane, purpose)
        held = self._slots.get(name)
        if held is None:
            return
        held.finish(number)
        self._journal.destroyed(name, number, self._clock.boot_us())
        self._settle(held)

    def supersede(self, lane: str, purpose: Purpose, slot: str, spared: int) -> None:
        """Wipe the slots of a lane that came before `slot`, but for the `spared` last of them."""
        held = self._lanes.get((lane, purpose), [])
        names = [slot_keys.slot for slot_keys in held]
        if slot in names:
            self._close_all(held[: max(0, names.index(slot) - spared)], CloseReason.SUPERSEDED)

    def reap(self) -> None:
        """Wipe the slots that are due."""
        now_us = self._clock.boot_us()
        due = [held for held in self._slots.values() if now_us >= held.wipe_at_us]
        self._close_all(due, CloseReason.DEADLINE)

    def release_all(self) -> None:
        """Wipe every slot."""
        self._close_all(self._slots.values(), CloseReason.RELEASED)

    def wipe_deadlines(self) -> list[int]:
        """Return when slots are to be wiped, boot clock in microseconds."""
        return [held.wipe_at_us for held in self._slots.values() if not held.is_wiped]

    def death_deadlines(self) -> list[int]:
        """Return when this process must be dead if slots or clear copies are still alive."""
        return [held.dies_at_us for held in self._slots.values()]

    def is_clear(self) -> bool:
        """Tell whether no slot is alive and key memory is all zeros."""
        return not self._slots and self._arena.is_clear()

    def drain_journal(self) -> list[DestroyedKeys]:
        """Return what was destroyed since the last call."""
        return self._journal.drain()

    def restore_journal(self, entries: list[DestroyedKeys]) -> None:
        """Take back what couldn't be told."""
        self._journal.restore(entries)

    def _close_all(self, slots: Iterable[SlotKeys], reason: CloseReason) -> None:
        for held in list(slots):
            held.close(self._clock.boot_us(), reason)
            self._settle(held)

    def _settle(self, held: SlotKeys) -> None:
        """Forget a slot that is over, and with a frame slot the keys of what is made of frames."""
        name = (held.slot, held.lane, held.purpose)
        if not held.is_over or held.reason is None or self._slots.pop(name, None) is None:
            return
        self.changes += 1
        self._lanes[held.lane, held.purpose].remove(held)
        self._journal.closed(name, self._clock.boot_us(), held.reason)
        if held.purpose is Purpose.FRAME:
            made = (self._slots.get((held.slot, held.lane, each)) for each in _MADE_OF_FRAMES)
            self._close_all([each for each in made if each is not None], held.reason)
