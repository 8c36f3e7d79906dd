"""What a holder destroyed and hasn't told the custodian yet."""

from lethe.contracts.keys import CloseReason, DestroyedKeys
from lethe.contracts.sealed import Purpose

_Name = tuple[str, str, Purpose]


class Journal:
    """Collects destructions between two tickets. Not thread-safe: its holder locks."""

    def __init__(self) -> None:
        self._entries: dict[_Name, list[tuple[int, int]]] = {}
        self._closed: dict[_Name, tuple[int, CloseReason]] = {}

    def destroyed(self, name: _Name, number: int, at_us: int) -> None:
        """Note a key destroyed with the last clear copy of what it opened."""
        self._entries.setdefault(name, []).append((number, at_us))

    def closed(self, name: _Name, at_us: int, reason: CloseReason) -> None:
        """Note that nothing is left of a slot key."""
        self._entries.setdefault(name, [])
        self._closed[name] = (at_us, reason)

    def drain(self) -> list[DestroyedKeys]:
        """Return everything noted and begin anew."""
        drained = []
        for name, events in self._entries.items():
            slot, lane, purpose = name
            closed = self._closed.get(name)
            drained.append(
                DestroyedKeys(
                    slot=slot,
                    lane=lane,
                    purpose=purpose,
                    numbers=[number for number, _ in events],
                    at_boot_us=[at for _, at in events],
                    closed_at_boot_us=closed[0] if closed else None,
                    reason=closed[1] if closed else None,
                )
            )
        self._entries, self._closed = {}, {}
        return drained

    def restore(self, entries: list[DestroyedKeys]) -> None:
        """Take back what couldn't be sent."""
        for entry in entries:
            name = (entry.slot, entry.lane, entry.purpose)
            for number, at_us in zip(entry.numbers, entry.at_boot_us, strict=True):
                self.destroyed(name, number, at_us)
            if entry.closed_at_boot_us is not None and entry.reason is not None:
                self.closed(name, entry.closed_at_boot_us, entry.reason)
