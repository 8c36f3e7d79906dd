"""The only wiring of detect."""

from functools import partial

import cv2

from lethe.contracts.keys import Role
from lethe.contracts.topics import CAMERA_ASSIGNED, DETECT_TICKET
from lethe.detect.frames import FrameWorker
from lethe.detect.handlers import Handlers, subscriptions_of_cameras
from lethe.detect.references import ReferenceWorker
from lethe.detect.settings import DetectSettings
from lethe.detect.shots import ShotPolicy
from lethe.detect.workbench import Workbench, Workbenches
from lethe.detect.zones import Zones
from lethe.runtime.deadletters import DeadLetters
from lethe.runtime.http import HttpServer
from lethe.runtime.observing import KeyObserver
from lethe.runtime.ownership import Ownership
from lethe.runtime.publisher import Publisher
from lethe.runtime.reader import Reader
from lethe.runtime.service import Stop
from lethe.runtime.serving import serve_parts
from lethe.runtime.threads import Threads
from lethe.shredding.clock import instant
from lethe.shredding.keytraffic import KeyTraffic
from lethe.shredding.membership import join
from lethe.shredding.terms import Life, Standing
from lethe.vision.pack import ModelPack, load_pack
from lethe.vision.quality import QualityGate

_OPENING_RESERVE_MS = 200
"""A frame is only opened while there is time to process and overwrite it before the deadline."""


async def serve(settings: DetectSettings, stop: Stop) -> None:
    """Run detect until `stop` is set."""
    member = join(Role.DETECT, **settings.membership())
    # Frames are the unit of parallelism: OpenCV's own threads would only compete.
    cv2.setNumThreads(1)
    pack = load_pack(settings.model_pack)
    benches = _workbenches(settings, pack)
    life = Life(budget_ms=settings.budget_ms, opening_reserve_ms=_OPENING_RESERVE_MS)
    holder = member.holder(life, obeys_orders=False)
    publisher = Publisher(settings, lambda: instant(member.clock))
    threads = Threads("detect", settings.workers)
    standing = Standing(model=pack.digest)
    zones = Zones(member.orders, member.roster, member.clock)
    handlers = Handlers(
        FrameWorker(holder, benches, zones, ShotPolicy() if settings.tracking else None),
        ReferenceWorker(holder, benches),
        publisher=publisher,
        threads=threads,
        clock=member.clock,
        queue_frames=settings.queue_frames,
        workers=settings.workers,
    )
    observer = KeyObserver()
    keys = KeyTraffic(
        holder,
        member.signer,
        member.roster,
        ticket_topic=DETECT_TICKET,
        send=publisher.send,
        standing=lambda: standing,
        observer=observer,
    )

    reader = Reader(
        settings,
        [
            *handlers.subscriptions(keys),
            *subscriptions_of_cameras(member.orders, zones, member.clock),
        ],
        publisher=publisher,
        dead_letters=DeadLetters(settings, publisher),
    )

    async def on_ownership(partitions: frozenset[int], generation: int) -> None:
        nonlocal standing
        await reader.own(partitions)
        standing = Standing(tuple(sorted(partitions)), generation, model=pack.digest)

    ownership = Ownership(settings, "detect", CAMERA_ASSIGNED, on_ownership)
    http = HttpServer(
        settings.http_host,
        settings.http_port,
        identity=settings.identity(Role.DETECT, member.boot),
        is_ready=lambda: ownership.unreadiness() or publisher.trouble,
        trouble=lambda: publisher.trouble,
    )
    try:
        await serve_parts(
            stop,
            ownership.run,
            keys.run,
            partial(member.follow_roster, observer.roster_refused),
            handlers.lanes.run,
            handlers.gaps.run,
            publisher=publisher,
            reader=reader,
            http=http,
        )
    finally:
        threads.close()


def _workbenches(settings: DetectSettings, pack: ModelPack) -> Workbenches:
    gate = QualityGate(
        min_inter_ocular_px=settings.min_inter_ocular_px,
        min_detector_score=settings.min_detector_score,
    )
    return Workbenches(
        [
            Workbench(
                pack,
                gate,
                max_pixels=settings.max_frame_pixels,
                licence_accepted=settings.model_licence_accepted,
            )
            for _ in range(settings.workers)
        ]
    )
