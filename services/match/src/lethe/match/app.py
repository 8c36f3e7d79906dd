"""The only wiring of match."""

from functools import partial

from lethe.contracts.keys import Role
from lethe.contracts.topics import CAMERA_ASSIGNED, MATCH_TICKET
from lethe.match.enrolment import EnrolmentDesk
from lethe.match.handlers import Handlers
from lethe.match.probes import ProbeDesk
from lethe.match.qdrant import QdrantIndex
from lethe.match.settings import MatchSettings
from lethe.match.transit import TransitKeys
from lethe.match.watchlists import Watchlists
from lethe.runtime.deadletters import DeadLetters
from lethe.runtime.http import HttpServer
from lethe.runtime.observing import KeyObserver
from lethe.runtime.ownership import Ownership
from lethe.runtime.publisher import Publisher
from lethe.runtime.reader import Reader
from lethe.runtime.service import Stop
from lethe.runtime.serving import serve_parts
from lethe.shredding.clock import instant
from lethe.shredding.keytraffic import KeyTraffic
from lethe.shredding.membership import join
from lethe.shredding.terms import Life, Standing

_OPENING_RESERVE_MS = 200
"""As long as a search may take: what is opened is overwritten before its deadline."""


async def serve(settings: MatchSettings, stop: Stop) -> None:
    """Run match until `stop` is set."""
    member = join(Role.MATCH, **settings.membership())
    holder = member.holder(
        Life(budget_ms=settings.budget_ms, opening_reserve_ms=_OPENING_RESERVE_MS),
        obeys_orders=True,
    )
    publisher = Publisher(settings, lambda: instant(member.clock))
    index = QdrantIndex(settings)
    watchlists = Watchlists(
        index,
        instance_id=settings.instance_id,
        resemblance_cosine=settings.resemblance_cosine,
        unlikeness_cosine=settings.unlikeness_cosine,
    )
    transit = TransitKeys()
    handlers = Handlers(member, publisher, watchlists, transit, batch=settings.batch_probes)
    probes = ProbeDesk(
        holder,
        member.orders,
        watchlists,
        index,
        transit,
        handlers.rescue,
        batch=settings.batch_probes,
    )
    owned: tuple[tuple[int, ...], int] = ((), 0)
    observer = KeyObserver()
    keys = KeyTraffic(
        holder,
        member.signer,
        member.roster,
        ticket_topic=MATCH_TICKET,
        send=publisher.send,
        standing=lambda: Standing(owned[0], owned[1], lists=watchlists.tell()),
        observer=observer,
    )
    reader = Reader(
        settings,
        handlers.subscriptions(keys),
        publisher=publisher,
        dead_letters=DeadLetters(settings, publisher),
    )

    async def on_ownership(partitions: frozenset[int], generation: int) -> None:
        nonlocal owned
        await reader.own(partitions)
        owned = (tuple(sorted(partitions)), generation)

    ownership = Ownership(settings, "match", CAMERA_ASSIGNED, on_ownership)
    http = HttpServer(
        settings.http_host,
        settings.http_port,
        identity=settings.identity(Role.MATCH, member.boot),
        is_ready=lambda: ownership.unreadiness() or publisher.trouble,
        trouble=lambda: publisher.trouble,
    )
    try:
        await serve_parts(
            stop,
            ownership.run,
            keys.run,
            partial(member.follow_roster, observer.roster_refused),
            handlers.keep_to_orders,
            partial(handlers.decide_probes, probes),
            probes.keep_forgetting,
            partial(handlers.enrol_references, EnrolmentDesk(holder, watchlists)),
            publisher=publisher,
            reader=reader,
            http=http,
        )
    finally:
        await index.close()
