"""A batch of sealed probes in, decisions and rescued candidates out."""

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from lethe.contracts.errors import Erased, InvalidInput, LetheError, Refused, Transient
from lethe.contracts.live import CandidatesFound, ProbeDecided, ProbeOutcome
from lethe.contracts.orders import DeploymentOrder
from lethe.contracts.probe import PROBE_BYTES, ProbeView, unpack_probe
from lethe.contracts.sealed import Purpose, SealAddress
from lethe.contracts.topics import PROBE_EXTRACTED
from lethe.match.deciding import COMPARISON_LIMIT, candidates
from lethe.match.ports import Comparison, ListName, Template, TemplateIndex
from lethe.match.tracks import NEAR, TrackScores
from lethe.match.transit import TransitKeys
from lethe.match.watchlists import Watchlists
from lethe.shredding.clock import instant
from lethe.shredding.holder import Holder
from lethe.shredding.orders import HeldOrder, OrderBook
from lethe.shredding.sealing import LENGTH_BYTES
from lethe.shredding.wrapping import wrap
from lethe.vision.scores import cosine_for_score

_SEARCH_S = 0.2
_FORGET_EVERY_S = 1.0


class Rescue(Protocol):
    """Publishes a candidate list and returns when the broker has it."""

    async def __call__(self, found: CandidatesFound) -> None:
        """Publish; raises `Transient` when the broker doesn't take it."""
        ...


@dataclass(frozen=True, slots=True)
class SealedProbe:
    """A probe as it came."""

    address: SealAddress
    body: bytes = field(repr=False)


@dataclass(slots=True)
class _Opened:
    address: SealAddress
    view: ProbeView
    template: Template = field(repr=False)
    held: HeldOrder
    searched: ListName
    outcome: ProbeOutcome = ProbeOutcome.EXPIRED
    rescued: CandidatesFound | None = None

    def release(self) -> None:
        """Let go of the buffer before it is overwritten."""
        self.template = np.zeros(0, np.float32)
        self.view.release()


class ProbeDesk:
    """Opens probes, searches them together, rescues candidates, forgets the rest.

    One batch at a time: the buffers are its own.
    """

    def __init__(
        self,
        holder: Holder,
        orders: OrderBook,
        watchlists: Watchlists,
        index: TemplateIndex,
        transit: TransitKeys,
        rescue: Rescue,
        *,
        batch: int,
    ) -> None:
        self._holder = holder
        self._orders = orders
        self._watchlists = watchlists
        self._index = index
        self._transit = transit
        self._rescue = rescue
        self._tracks = TrackScores()
        self._buffers = [bytearray(PROBE_BYTES + LENGTH_BYTES) for _ in range(batch)]

    async def keep_forgetting(self) -> None:
        """Forget what was kept of tracks that have ended, until cancelled."""
        while True:
            await asyncio.sleep(_FORGET_EVERY_S)
            self._tracks.forget(instant(self._holder.clock))

    async def decide(self, probes: list[SealedProbe]) -> list[ProbeDecided]:
        """Decide a batch. Candidates are at the broker before anything is said to be decided."""
        decided: list[ProbeDecided] = []
        opened: list[_Opened] = []
        with ExitStack() as clear:
            for buffer, probe in zip(self._buffers, probes, strict=False):
                try:
                    opened.append(self._open(clear, probe, memoryview(buffer)))
                except Erased:
                    decided.append(self._decision(probe.address, ProbeOutcome.EXPIRED))
                except LetheError:
                    decided.append(self._decision(probe.address, ProbeOutcome.REFUSED))
            try:
                await self._search(opened)
            finally:
                for item in opened:
                    item.release()
        await asyncio.gather(*map(self._send, opened))
        # Real outcomes first: purge believes the first word on a probe that came twice.
        return [self._decision(item.address, item.outcome) for item in opened] + decided

    def _open(self, clear: ExitStack, probe: SealedProbe, buffer: memoryview) -> _Opened:
        address = probe.address
        held = self._orders.live_order(address.lane, self._holder.clock.wall_us())
        if held is None or held.order_hash != address.order_hash:
            raise Refused("a probe came outside of its order")
        whole = self._whole(held.order)
        plaintext = clear.enter_context(
            self._holder.opening(PROBE_EXTRACTED.name, address, probe.body, buffer)
        )
        # Only a record that opened says which slots are over.
        self._holder.supersede(address.lane, Purpose.PROBE, address.slot)
        view = unpack_probe(plaintext)
        searched = ListName(held.order.watchlist_id, view.model)
        if searched not in whole:
            raise Erased("the ordered watchlist isn't in hand for this model pack")
        template = np.frombuffer(view.template, dtype="<f4")
        fits = len(template) == self._watchlists.template_length(searched)
        if not fits or not bool(np.isfinite(template).all()):
            raise InvalidInput("a probe's template doesn't fit the watchlist")
        return _Opened(address, view, template, held, searched)

    def _whole(self, order: DeploymentOrder) -> list[ListName]:
        """Return the lists that are what an order names, one for each model pack."""
        whole = self._watchlists.whole(order.watchlist_id, order.watchlist_hash)
        if not whole:
            raise Erased("the watchlist in hand isn't the ordered one")
        if self._watchlists.subjects(whole[0]) > order.watchlist_size:
            raise Refused("more people are listed than were ordered")
        return whole

    async def _search(self, opened: list[_Opened]) -> None:
        by_list: dict[ListName, list[_Opened]] = {}
        for item in opened:
            by_list.setdefault(item.searched, []).append(item)
        try:
            # Together: what waits for a silent index must be overwritten in time all the same.
            async with asyncio.timeout(_SEARCH_S):
                for name, items in by_list.items():
                    await self._search_list(name, items)
        except TimeoutError:
            return  # blind: the probes expire

    async def _search_list(self, name: ListName, items: list[_Opened]) -> None:
        templates = [item.template for item in items]
        try:
            found = await self._index.search(name, templates, COMPARISON_LIMIT)
            results = [await self._behind(*each) for each in zip(items, found, strict=True)]
        except Transient:
            return  # blind: the probes expire
        for item, comparisons in zip(items, results, strict=True):
            self._conclude(item, comparisons)

    async def _behind(self, item: _Opened, found: list[Comparison]) -> list[Comparison]:
        """Return what was found without who is withdrawn: their references hide nobody else's.

        Searching for more takes longer the more are withdrawn, and is done where it may matter
        only: somebody withdrawn is among the nearest, and the last of those is still near.
        """
        withdrawn = item.held.withdrawn
        left = [each for each in found if each.subject_id not in withdrawn]
        floor = cosine_for_score(item.held.order.threshold) - NEAR
        if len(left) == len(found) or len(found) < COMPARISON_LIMIT or found[-1].cosine < floor:
            return left
        more = self._watchlists.references_of(item.searched, withdrawn)
        limit = COMPARISON_LIMIT + more
        [wider] = await self._index.search(item.searched, [item.template], limit)
        return [each for each in wider if each.subject_id not in withdrawn]

    def _conclude(self, item: _Opened, comparisons: list[Comparison]) -> None:
        """Set the outcome; a candidate's pictures are sealed, and sent when all is wiped."""
        order = item.held.order
        address = item.address
        combined = self._tracks.combine(
            address.lane,
            item.view.track,
            comparisons,
            needed=cosine_for_score(order.threshold),
            captured=address.captured,
        )
        found = candidates(combined, order.threshold, comparisons)
        if not found:
            item.outcome = ProbeOutcome.NON_MATCH
            return
        now = instant(self._holder.clock)
        transit = self._transit.current(now)
        if transit is None:
            return
        message = CandidatesFound(
            search_id=f"{address.slot}.{address.lane}.{address.number}",
            camera_id=address.lane,
            deployment_id=address.deployment_id,
            order_hash=address.order_hash,
            watchlist_id=order.watchlist_id,
            threshold=order.threshold,
            captured=address.captured,
            decided=now,
            candidates=found,
            transit_key_id=transit.key_id,
            sealed_crop=b"",
            heading=item.view.heading,
        )
        try:
            item.rescued = _with_pictures(message, item.view, transit.public_key)
        except Refused:
            return  # no transit key to seal to

    async def _send(self, item: _Opened) -> None:
        if item.rescued is None:
            return
        try:
            await self._rescue(item.rescued)
        except Transient:
            return  # no broker
        item.outcome = ProbeOutcome.CANDIDATES

    def _decision(self, address: SealAddress, outcome: ProbeOutcome) -> ProbeDecided:
        return ProbeDecided(
            camera_id=address.lane,
            deployment_id=address.deployment_id,
            slot=address.slot,
            number=address.number,
            frame_number=address.frame_number,
            captured=address.captured,
            at=instant(self._holder.clock),
            outcome=outcome,
        )


def _with_pictures(found: CandidatesFound, view: ProbeView, public_key: bytes) -> CandidatesFound:
    """Return a list with the probe's pictures, each sealed to alert and to the list."""
    sealed = {"sealed_crop": wrap(view.crop, public_key, found.binding())}
    if view.figure:
        sealed["sealed_figure"] = wrap(view.figure, public_key, found.figure_binding())
    return found.model_copy(update=sealed)
