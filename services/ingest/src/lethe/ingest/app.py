"""The only wiring of ingest."""

from collections.abc import Sequence
from functools import partial

from lethe.contracts.errors import Transient
from lethe.contracts.headers import AWAITED, address_headers
from lethe.contracts.keys import Role
from lethe.contracts.live import SlotClosed
from lethe.contracts.topics import CAMERA_ASSIGNED, FRAME_CAPTURED, INGEST_TICKET, SLOT_CLOSED
from lethe.ingest.cameras import Cameras
from lethe.ingest.capture import SealedFrame
from lethe.ingest.handlers import Handlers
from lethe.ingest.opening import SourceOpener
from lethe.ingest.settings import IngestSettings
from lethe.ingest.sources import Secrets
from lethe.runtime import metrics
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

_FETCH_WAIT_MS = 40
"""Grants come once a slot."""


async def serve(settings: IngestSettings, stop: Stop) -> None:
    """Run ingest until `stop` is set."""
    member = join(Role.INGEST, **settings.membership())
    holder = member.holder(Life(budget_ms=settings.budget_ms), obeys_orders=True)
    publisher = Publisher(settings, lambda: instant(member.clock))
    threads = Threads("seal", settings.seal_threads)
    standing = Standing()

    async def send_frame(sealed: SealedFrame) -> None:
        headers = address_headers(sealed.address)
        if sealed.is_awaited:
            headers.append(AWAITED)
        try:
            await publisher.send(FRAME_CAPTURED, sealed.address.lane, sealed.body, headers)
        except Transient:
            # It may have arrived all the same: it counts as captured, and lost if nobody saw it.
            metrics.NOT_PUBLISHED.labels(FRAME_CAPTURED.name).inc()

    async def send_counts(counts: Sequence[SlotClosed]) -> None:
        told = [(each.camera_id, each.encode()) for each in counts]
        await publisher.send_all(SLOT_CLOSED, told)

    async def on_ownership(partitions: frozenset[int], generation: int) -> None:
        nonlocal standing
        standing = Standing(tuple(sorted(partitions)), generation)
        cameras.owned = partitions
        await reader.own(partitions)

    observer = KeyObserver()
    keys = KeyTraffic(
        holder,
        member.signer,
        member.roster,
        ticket_topic=INGEST_TICKET,
        send=publisher.send,
        standing=lambda: standing,
        observer=observer,
    )
    cameras = Cameras(
        holder,
        member.orders,
        threads,
        send_frame=send_frame,
        send_counts=send_counts,
        frames_in_flight=settings.frames_in_flight,
        opener=SourceOpener(Secrets(settings.camera_secrets_dir), settings.camera_ca_file),
    )
    reader = Reader(
        settings,
        Handlers(member, cameras, keys).subscriptions(),
        publisher=publisher,
        dead_letters=DeadLetters(settings, publisher),
        fetch_wait_ms=_FETCH_WAIT_MS,
    )
    ownership = Ownership(settings, "ingest", CAMERA_ASSIGNED, on_ownership)
    http = HttpServer(
        settings.http_host,
        settings.http_port,
        identity=settings.identity(Role.INGEST, member.boot),
        is_ready=lambda: ownership.unreadiness() or publisher.trouble,
        trouble=lambda: publisher.trouble,
    )
    try:
        await serve_parts(
            stop,
            ownership.run,
            keys.run,
            partial(member.follow_roster, observer.roster_refused),
            cameras.run,
            publisher=publisher,
            reader=reader,
            http=http,
        )
    finally:
        threads.close()
