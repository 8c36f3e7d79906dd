"""A sealed frame in, sealed probes, a view and counts out. All in between is overwritten."""

import functools
from collections import Counter
from dataclasses import dataclass, field

from lethe.contracts.errors import Erased, Refused
from lethe.contracts.live import FrameOutcome, FrameProcessed
from lethe.contracts.probe import PROBE_BYTES, pack_probe
from lethe.contracts.sealed import Purpose, SealAddress
from lethe.contracts.topics import FRAME_CAPTURED, PROBE_EXTRACTED
from lethe.detect.best_shot import Shot
from lethe.detect.sealed_record import SealedRecord, made_of
from lethe.detect.shots import BestShots, ShotPolicy
from lethe.detect.tracks import Tracker
from lethe.detect.views import Views
from lethe.detect.workbench import Workbench, Workbenches
from lethe.detect.zones import Zone, Zones
from lethe.shredding.clock import instant
from lethe.shredding.holder import Holder
from lethe.shredding.sealing import LENGTH_BYTES
from lethe.vision.errors import Halted, UnreadableImage
from lethe.vision.jpeg import decode_jpeg_into
from lethe.vision.shots import EveryFace, ShotChooser

NO_KEY = "no_key"
"""Discard reason: the slot's probe keys are spent or gone."""
_BARELY_MS = 50
"""A frame that can only just be opened isn't worth the time of those behind it."""


@dataclass(frozen=True, slots=True)
class FrameResult:
    """What became of a frame."""

    report: FrameProcessed
    probes: list[SealedRecord]
    view: SealedRecord | None = None


@dataclass(slots=True)
class _Made:
    """What has been made of a frame so far."""

    seen: int = 0
    discarded: Counter[str] = field(default_factory=Counter)
    probes: list[SealedRecord] = field(default_factory=list)
    view: SealedRecord | None = None


class FrameWorker:
    """Each call takes a workbench of its own; of one camera one frame at a time, in order.

    Parameters
    ----------
    zones
        Where in a camera's picture faces are looked for; None looks everywhere.
    policy
        Which views of a track get a template; None gives every face one.
    """

    def __init__(
        self,
        holder: Holder,
        benches: Workbenches,
        zones: Zones | None = None,
        policy: ShotPolicy | None = None,
    ) -> None:
        self._holder = holder
        self._benches = benches
        self._zones = zones
        self._policy = policy
        self._trackers: dict[str, Tracker] = {}
        self._views = Views(holder)

    def process(self, address: SealAddress, sealed: bytes) -> FrameResult:
        """Open a frame, find its faces, seal a probe for each that passes the quality gate."""
        made = _Made()
        outcome = FrameOutcome.PROCESSED
        try:
            with self._benches.lend() as bench:
                room = bench.opened(len(sealed))
                with self._holder.opening(
                    FRAME_CAPTURED.name, address, sealed, room, on_close=bench.extractor.halt.now
                ) as jpeg:
                    # Only a record that opened says which slots are over.
                    self._holder.supersede(address.lane, Purpose.FRAME, address.slot)
                    self._extract(bench, jpeg, address, made)
        except (Erased, Halted):
            outcome = FrameOutcome.EXPIRED
        except Refused:
            outcome = FrameOutcome.REFUSED
        except UnreadableImage:
            outcome = FrameOutcome.UNREADABLE
        report = FrameProcessed(
            camera_id=address.lane,
            deployment_id=address.deployment_id,
            slot=address.slot,
            number=address.number,
            captured=address.captured,
            at=instant(self._holder.clock),
            outcome=outcome,
            faces_seen=made.seen,
            probes=[probe.address.number for probe in made.probes],
            discarded=dict(made.discarded),
            view=None if made.view is None else made.view.address.number,
        )
        return FrameResult(report, made.probes, made.view)

    def is_late(self, frame: SealAddress) -> bool:
        """Tell that a frame can be opened only just, or not any more."""
        needed_ms = self._holder.life.opening_reserve_ms + _BARELY_MS
        return self._holder.left_ms(frame) < needed_ms

    def _extract(
        self, bench: Workbench, jpeg: memoryview, address: SealAddress, made: _Made
    ) -> None:
        with bench.pixels:
            image = decode_jpeg_into(jpeg, bench.pixels)
            chooser = self._chooser(address)
            zone = self._zone(address)
            with bench.extractor.extract(image, chooser, zone=zone) as extraction:
                made.discarded.update(extraction.discarded)
                for index, position in enumerate(extraction.positions):
                    shot = Shot(
                        image, extraction, index, chooser.heading(position), chooser.track(position)
                    )
                    probe = self._seal_probe(bench, shot, address)
                    if probe is None:
                        made.discarded[NO_KEY] += 1
                    else:
                        chooser.took(position)
                        made.probes.append(probe)
                made.seen = extraction.seen
                made.view = self._views.sealed(image, extraction, bench.faint, address)

    def _zone(self, frame: SealAddress) -> Zone | None:
        return self._zones.of(frame.lane, frame.deployment_id) if self._zones else None

    def _chooser(self, frame: SealAddress) -> ShotChooser:
        if self._policy is None:
            return EveryFace()
        tracker = self._trackers.setdefault(frame.lane, Tracker())
        return BestShots(
            tracker,
            self._policy,
            frame.captured.boot_us / 1e6,
            functools.partial(self._holder.left_ms, frame),
            waited_ms=instant(self._holder.clock).since_us(frame.captured) / 1000,
        )

    def _seal_probe(self, bench: Workbench, shot: Shot, frame: SealAddress) -> SealedRecord | None:
        reservation = self._holder.reserve(frame.lane, Purpose.PROBE, slot=frame.slot)
        if reservation is None:
            return None
        address = made_of(frame, Purpose.PROBE, reservation.number)
        try:
            with shot.pictures() as (crop, figure), bench.probe() as room:
                pack_probe(
                    shot.template,
                    crop,
                    room,
                    figure=figure,
                    heading=shot.heading,
                    track=shot.track,
                    model=bench.model,
                )
                body = self._holder.seal(
                    PROBE_EXTRACTED.name, address, room, step=PROBE_BYTES + LENGTH_BYTES
                )
        except (Erased, Refused):
            return None
        finally:
            self._holder.finish(reservation)
        return SealedRecord(address, body)
