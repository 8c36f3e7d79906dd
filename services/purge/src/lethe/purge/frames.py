"""The ledger of frames and probes: what became of each, by distinct ids."""

from collections import Counter

from lethe.contracts.instants import Instant
from lethe.contracts.live import (
    FrameOutcome,
    FrameProcessed,
    ProbeDecided,
    ProbeOutcome,
    SlotClosed,
)
from lethe.contracts.suspension import SuspensionGround
from lethe.purge.ages import erasure_age_us, passed_us
from lethe.purge.copies import Copy, CopyLedger
from lethe.purge.histogram import Histogram
from lethe.purge.orphans import Orphans
from lethe.purge.suspicions import Suspicion, contradiction
from lethe.purge.tallies import CameraCount, Frame, Offer, Reasons, SlotTally, tally_of

_REPORTS_US = 2_000_000
"""How long after its deadline a frame's reports may still be under way."""

_REMEMBER_US = 60_000_000
"""How long records delivered again are known as such after what they tell is settled."""

_MOST_CAMERAS = 10_000


class FrameLedger:
    """Counts by distinct ids, so that records delivered twice count once."""

    def __init__(self, copies: CopyLedger, budget_ms: int, begins: Instant) -> None:
        self._copies = copies
        self._budget_us = budget_ms * 1000
        self._begins = begins
        self._slots: dict[tuple[str, str], dict[int, Frame]] = {}
        self._orphans = Orphans()
        self._over: dict[tuple[str, str], Instant] = {}
        self._closed: dict[tuple[str, str, str | None, int], Instant] = {}
        self._offers: dict[tuple[str, str], Offer] = {}
        self._tallies: dict[tuple[str, str], SlotTally] = {}
        self.dropped_without_key = Reasons()
        self.cameras: dict[str, CameraCount] = {}
        self.outcomes: Counter[FrameOutcome] = Counter()
        self.decisions: Counter[ProbeOutcome] = Counter()
        self.discarded = Reasons()
        self.faces_seen = self.probes = self.lost = self.probes_lost = self.reconstructed = 0
        self._orphaned = 0
        self.suspicions: list[Suspicion] = []
        self.ages = Histogram()
        self.decision_latency = Histogram()

    def close_slot(self, closed: SlotClosed) -> None:
        """Take what a camera offered, captured and dropped."""
        event = (closed.camera_id, closed.instance_id, closed.slot, closed.closed.boot_us)
        if event in self._closed:
            return
        self._closed[event] = closed.closed
        camera = self._camera(closed.camera_id)
        camera.offered += closed.offered
        camera.dropped.add(closed.dropped)
        camera.garbled += closed.garbled
        camera.ended = closed.ended
        camera.fault = closed.fault
        camera.state, camera.trouble = closed.state, closed.trouble
        offer = self._offer(closed)
        for entry in closed.captured:
            captured = closed.closed.shifted_to(entry.captured_boot_us)
            frame = self._frame(closed.slot or "", closed.camera_id, entry.number, captured)
            if frame is None or frame.reported:
                camera.offered -= 1
                offer.offered -= 1
                continue
            self._tally(closed.camera_id, frame, -1)
            frame.reported = True
            camera.captured += 1
            self._tally(closed.camera_id, frame, 1)

    def process(self, processed: FrameProcessed) -> None:
        """Take how a frame ended at detect.

        A forged record with the same number may have been refused before the genuine one came.
        """
        frame = self._frame(
            processed.slot, processed.camera_id, processed.number, processed.captured
        )
        if frame is None or frame.outcome not in (None, FrameOutcome.REFUSED):
            return
        self._tally(processed.camera_id, frame, -1)
        if frame.outcome is not None:
            self.outcomes[frame.outcome] -= 1
        frame.outcome = processed.outcome
        frame.probes = frozenset(processed.probes)
        frame.view = processed.view
        frame.faces_seen = processed.faces_seen
        frame.discarded = sum(processed.discarded.values())
        self._tally(processed.camera_id, frame, 1)
        self.outcomes[processed.outcome] += 1
        self.faces_seen += processed.faces_seen
        self.probes += len(frame.probes)
        self.discarded.add(processed.discarded)

    def decide(self, decided: ProbeDecided) -> None:
        """Take how a probe ended at match; refused was perhaps a forged one, as with frames."""
        frame = self._frame(decided.slot, decided.camera_id, decided.frame_number, decided.captured)
        before = None if frame is None else frame.decided.get(decided.number)
        if frame is None or before not in (None, ProbeOutcome.REFUSED):
            return
        self._tally(decided.camera_id, frame, -1)
        if before is not None:
            self.decisions[before] -= 1
        frame.decided[decided.number] = decided.outcome
        self._tally(decided.camera_id, frame, 1)
        self.decisions[decided.outcome] += 1
        if decided.outcome in (ProbeOutcome.NON_MATCH, ProbeOutcome.CANDIDATES):
            self.decision_latency.add(decided.at.since_ms(decided.captured))

    def settle(self, now: Instant) -> None:
        """Settle every frame whose copies are all gone, and close slots that are over."""
        for (slot, camera_id), frames in list(self._slots.items()):
            copies = self._copies.of(slot, camera_id)
            if copies:
                self._orphans.forget((slot, camera_id))
            elif self._forget_orphaned(slot, camera_id, now):
                continue
            for number, frame in frames.items():
                if not frame.settled:
                    self._settle(slot, camera_id, number, frame, copies, now)
            settled = all(frame.settled for frame in frames.values())
            limit_us = self._budget_us + 2 * _REPORTS_US
            if settled and passed_us(frames.values(), copies, now) > limit_us:
                self._doubt(slot, camera_id, frames, copies)
                self._tallies[slot, camera_id] = self._tallied(slot, camera_id)
                del self._slots[slot, camera_id]
                self._over[slot, camera_id] = now
                self._copies.drop(slot, camera_id)
                self._orphans.forget((slot, camera_id))

    def forget(self, now: Instant) -> None:
        """Forget slots that were settled long ago; called every few seconds."""
        self._tallies = {n: tally for n, tally in self._tallies.items() if n in self._over}

        def is_lately(at: Instant) -> bool:
            # A time to come is somebody's invention.
            return abs(now.since_us(at)) < _REMEMBER_US

        self._offers = {n: o for n, o in self._offers.items() if is_lately(o.at)}
        self._over = {n: at for n, at in self._over.items() if is_lately(at)}
        self._closed = {n: at for n, at in self._closed.items() if is_lately(at)}

    def is_over(self, slot: str, camera_id: str) -> bool:
        """Tell whether no frame of a camera's slot is waited for."""
        return (slot, camera_id) not in self._slots

    def is_settled(self, slot: str, camera_id: str) -> bool:
        """Tell whether every frame of a camera's slot that was heard of is settled."""
        return all(frame.settled for frame in self._slots.get((slot, camera_id), {}).values())

    def is_heard(self, slot: str, camera_id: str) -> bool:
        """Tell whether anything was heard of a camera's slot."""
        name = (slot, camera_id)
        return name in self._slots or name in self._offers or name in self._tallies

    def conclude(self, slot: str, camera_id: str) -> SlotTally:
        """Return what a camera's slot came to; what is told later counts in the account only."""
        tally = self._tallies.pop((slot, camera_id), None)
        return self._tallied(slot, camera_id) if tally is None else tally

    def unsettled(self) -> int:
        """Return how many frames are not settled yet."""
        return sum(not f.settled for frames in self._slots.values() for f in frames.values())

    def unerased(self, now: Instant) -> int:
        """Return how many frames are past their budget without every copy known to be gone."""
        return self._orphaned + sum(
            not frame.settled
            and now.since_us(frame.captured) > self._budget_us + _REPORTS_US
            and erasure_age_us(number, frame, self._copies.of(slot, camera_id)) is None
            for (slot, camera_id), frames in self._slots.items()
            for number, frame in frames.items()
        )

    def _tallied(self, slot: str, camera_id: str) -> SlotTally:
        frames = self._slots.get((slot, camera_id), {}).values()
        return tally_of(frames, self._offers.pop((slot, camera_id), None))

    def _offer(self, closed: SlotClosed) -> Offer:
        """Return where a report's frames are counted; nowhere if its slot is over."""
        dropped = sum(closed.dropped.values())
        if closed.slot is None:
            self.dropped_without_key.add({closed.deployment_id: dropped})
        fresh = Offer(closed.closed)
        name = (closed.slot or "", closed.camera_id)
        is_kept = closed.slot is not None and name not in self._over
        offer = self._offers.setdefault(name, fresh) if is_kept else fresh
        offer.offered += closed.offered
        offer.dropped += dropped
        return offer

    def _frame(self, slot: str, camera_id: str, number: int, captured: Instant) -> Frame | None:
        """Return a frame, or None if its slot was settled and forgotten."""
        name = (slot, camera_id)
        if name in self._over or (self._orphans.are_too_many and self._is_orphan(name)):
            return None
        return self._slots.setdefault(name, {}).setdefault(number, Frame(captured))

    def _is_orphan(self, name: tuple[str, str]) -> bool:
        return name not in self._slots and not self._copies.of(*name)

    def _camera(self, camera_id: str) -> CameraCount:
        """Return a camera's counts; of too many, such as nobody looks at."""
        if camera_id not in self.cameras and len(self.cameras) >= _MOST_CAMERAS:
            return CameraCount()
        return self.cameras.setdefault(camera_id, CameraCount())

    def _doubt(
        self, slot: str, camera_id: str, frames: dict[int, Frame], copies: list[Copy]
    ) -> None:
        """Note what can't be true of a slot that is over."""
        found = {contradiction(number, frame, copies) for number, frame in frames.items()}
        self.suspicions += [Suspicion(slot, camera_id, ground) for ground in found if ground]

    def _settle(
        self,
        slot: str,
        camera_id: str,
        number: int,
        frame: Frame,
        copies: list[Copy],
        now: Instant,
    ) -> None:
        age_us = erasure_age_us(number, frame, copies)
        all_told = frame.reported and frame.outcome is not None and not frame.undecided
        if age_us is None or not all_told:
            reports_due = passed_us((frame,), copies, now) > self._budget_us + _REPORTS_US
            if not reports_due or (age_us is None and not self._is_inherited(frame, copies)):
                return
        frame.settled = True
        self._tally(camera_id, frame, 1)
        if age_us is not None:
            frame.age_ms = age_us / 1000
            self.ages.add(frame.age_ms)
            if age_us > self._budget_us:
                ground = SuspensionGround.AGE_OVER_BUDGET
                self.suspicions.append(Suspicion(slot, camera_id, ground))

    def _forget_orphaned(self, slot: str, camera_id: str, now: Instant) -> bool:
        """Forget what nobody sealed under a key of ours; tell whether that was all.

        Anybody who may write to a topic can have detect or match tell of a record that they
        couldn't open: one that is made up, or that is replayed when its slot is long forgotten.
        What is told as captured or opened waits for its grant; without one it stays unerased.
        """
        name = (slot, camera_id)
        frames = self._slots[name]
        for number, frame in list(frames.items()):
            due = now.since_us(frame.captured) > self._budget_us + _REPORTS_US
            if due and frame.is_unfounded and not self._is_inherited(frame, []):
                del frames[number]
                if frame.outcome is not None:
                    self.outcomes[frame.outcome] -= 1
                self.decisions.subtract(frame.decided.values())
        if frames and self._orphans.is_over(name, now):
            for frame in frames.values():
                self._give_up(camera_id, frame)
            frames.clear()
            self._over[name] = now
        if not frames:
            del self._slots[name]
            self._orphans.forget(name)
        return not frames

    def _give_up(self, camera_id: str, frame: Frame) -> None:
        if not frame.settled:
            frame.settled = True
            self._tally(camera_id, frame, 1)
            self._orphaned += 1

    def _is_inherited(self, frame: Frame, copies: list[Copy]) -> bool:
        """Tell whether its grants were made before this account began: its age isn't ours."""
        began_us = frame.captured.since_us(self._begins)
        return not copies and began_us < self._budget_us + _REPORTS_US

    def _tally(self, camera_id: str, frame: Frame, sign: int) -> None:
        """Count what is missing of a settled frame; taken back when it is told after all."""
        if not frame.settled:
            return
        self.probes_lost += sign * frame.undecided
        if frame.outcome is None:
            self.lost += sign
            # Detect's report is missing: the probes that match decided are the evidence.
            self.probes += sign * len(frame.decided)
            self.faces_seen += sign * len(frame.decided)
        if not frame.reported:
            # The camera's ingest died before it could report: the frame itself is the evidence.
            camera = self._camera(camera_id)
            self.reconstructed += sign
            camera.captured += sign
            camera.offered += sign
