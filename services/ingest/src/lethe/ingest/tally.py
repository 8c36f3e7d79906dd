"""Counting what a camera's source yielded, slot by slot."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock

from lethe.contracts.instants import Instant
from lethe.contracts.live import CapturedFrame, SlotClosed
from lethe.shredding.clock import Clock, instant


class DropReason(StrEnum):
    """Why an offered frame was not sealed."""

    NO_KEY = "no_key"
    OVERTAKEN = "overtaken"
    KEY_GONE = "key_gone"
    STALLED = "stalled"
    CLOSED = "closed"
    FAILED = "failed"


@dataclass(slots=True)
class _SlotCount:
    offered: int = 0
    captured: list[CapturedFrame] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)


class Tally:
    """Thread-safe: the camera's thread and the sealing workers count.

    A frame is offered and ends as captured or dropped in the same slot, so that each slot's
    counts add up: `offered = captured + dropped`. Nothing is told before it has ended.
    """

    def __init__(self, camera_id: str, instance_id: str, clock: Clock) -> None:
        self._camera_id = camera_id
        self._instance_id = instance_id
        self._clock = clock
        self._lock = Lock()
        self._slots: dict[tuple[str, str | None], _SlotCount] = {}
        self._told: tuple[str | None, str | None] = (None, None)
        self._garbled_told = 0
        self._left_out: tuple[str, str | None] | None = None
        self.offered = 0

    def captured(self, deployment_id: str, slot: str, number: int, at: Instant) -> None:
        """Count a frame that was sealed."""
        with self._lock:
            count = self._slots.setdefault((deployment_id, slot), _SlotCount())
            count.offered += 1
            count.captured.append(CapturedFrame(number=number, captured_boot_us=at.boot_us))
            self.offered += 1

    def dropped(self, deployment_id: str, slot: str | None, reason: DropReason) -> None:
        """Count a frame that wasn't."""
        with self._lock:
            count = self._slots.setdefault((deployment_id, slot), _SlotCount())
            count.offered += 1
            count.dropped[reason.value] += 1
            self.offered += 1

    def drain(
        self,
        *,
        garbled: int = 0,
        ended: bool = False,
        fault: str | None = None,
        state: str | None = None,
        trouble: str | None = None,
        waits: bool = False,
    ) -> list[SlotClosed]:
        """Return what was counted since the last call, and how the source is.

        That the source ended, or that its state or trouble changed, is told without counts too.

        Parameters
        ----------
        garbled
            Pictures that the source has skipped since it was opened; each is told once.
        waits
            Leave out the newest slot once: frames may still come under its key.
        """
        with self._lock:
            slots, self._slots = self._slots, {}
            newest = next(reversed(slots), None)
            if waits and newest is not None and newest != self._left_out:
                self._slots[newest] = slots.pop(newest)
            self._left_out = newest
        fresh_garbled, self._garbled_told = garbled - self._garbled_told, garbled
        changed = (state, trouble) != self._told or fresh_garbled
        self._told = (state, trouble)
        if (ended or changed) and not slots:
            slots = {("", None): _SlotCount()}
        now = instant(self._clock)
        garbled_of = dict.fromkeys(list(slots)[:1], fresh_garbled)
        return [
            SlotClosed(
                camera_id=self._camera_id,
                deployment_id=deployment_id,
                instance_id=self._instance_id,
                slot=slot,
                closed=now,
                offered=count.offered,
                captured=count.captured,
                dropped=dict(count.dropped),
                garbled=garbled_of.get((deployment_id, slot), 0),
                ended=ended,
                fault=fault,
                state=state,
                trouble=trouble,
            )
            for (deployment_id, slot), count in slots.items()
        ]
