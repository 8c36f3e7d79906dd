"""Re-enrolment: images that are kept go through the pipeline again when the model pack is another.

An order names people and images, and no templates: a version stays what it is whatever enrols it.
What changes is what can be enrolled. So a version that no order names yet takes what the new pack
says of each image; in one that an order names nothing changes, and it is searched with the new
pack if every image of it can be.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lethe.alert.errors import Conflict, NotFound
from lethe.alert.ports import Renewer
from lethe.alert.watchlists.book import WatchlistBook
from lethe.alert.watchlists.reference import PackCount, ReferenceState, ReferenceStore
from lethe.alert.watchlists.version import SealedVersion
from lethe.contracts.errors import Erased
from lethe.contracts.orders import DeploymentOrder
from lethe.receipts.words import many


@dataclass(frozen=True, slots=True)
class Renewal:
    """How far the images of a version have come with the model pack in use.

    Attributes
    ----------
    pack
        Digest of the pack that images are enrolled with now; None while none are.
    images
        How many there are; of a version that an order names, of those that are on it.
    done
        How many of them came to their end with that pack.
    unfit
        How many of a version that an order names can't be used with it: it isn't searched.
    """

    watchlist_id: str
    pack: str | None
    images: int
    done: int
    unfit: int

    @property
    def left(self) -> int:
        """How many are still to come."""
        return self.images - self.done - self.unfit


class RenewalDesk:
    """Has versions enrolled with the model pack in use, and tells how far that has come.

    Parameters
    ----------
    pack
        Tells the digest of the pack that images are enrolled with now; None while none are.
    """

    def __init__(
        self,
        store: ReferenceStore,
        book: WatchlistBook,
        enroller: Renewer,
        pack: Callable[[], str | None],
    ) -> None:
        self._store = store
        self._book = book
        self._enroller = enroller
        self.pack = pack

    async def find(self, watchlist_id: str) -> Renewal:
        """Return how far a version has come; raises `NotFound`."""
        version = await self._book.versions.sealed(watchlist_id)
        return _counted(version, self.pack(), await self._store.packs(watchlist_id))

    async def begin(self, watchlist_id: str) -> Renewal:
        """Enrol whatever another pack enrolled or rejected; what is under way goes on.

        Raises
        ------
        NotFound, Erased
            If there is no such version, or it is erased.
        Conflict
            If no detect is there to enrol anything.
        """
        async with self._book.turn:
            version = await self._book.versions.sealed(watchlist_id)
            if version.is_erased:
                raise Erased("this watchlist is erased; make another one")
            pack = self.pack()
            if pack is None:
                raise Conflict("no detect instance is there to enrol images; start one")
            known = _counted(version, pack, await self._store.packs(watchlist_id))
            if known.done == known.images:
                return known
            if version.ordered_hash is None:
                submitted = await self._store.renew(watchlist_id, pack)
            else:
                await self._store.forgive(watchlist_id)
                submitted = ()
        for reference_id in submitted:
            self._enroller.submit(reference_id)
        if version.ordered_hash is not None:
            self._enroller.try_again(watchlist_id)
            await self._enroller.submit_again(watchlist_id, known.done)
        return await self.find(watchlist_id)

    async def require_current(self, order: DeploymentOrder) -> None:
        """Check that a version can be searched with the pack in use before it is ordered.

        Raises
        ------
        Conflict
            If not; it says what to do.
        """
        try:
            version = await self._book.versions.sealed(order.watchlist_id)
        except NotFound:
            return
        pack = self.pack()
        if pack is None:
            return
        known = _counted(version, pack, await self._store.packs(order.watchlist_id))
        command = f"'lethe watchlist re-enrol {order.watchlist_id}'"
        if known.unfit:
            raise Conflict(
                f"{many(known.unfit, 'image')} of {order.watchlist_id} can't be used with the "
                f"model pack in use: {command} says which; order a version without them"
            )
        if version.ordered_hash is None and known.left:
            raise Conflict(
                f"{many(known.left, 'image')} of {order.watchlist_id} still to be enrolled with "
                f"the model pack in use: have that done with {command}, and hand this in again"
            )


def _counted(version: SealedVersion, pack: str | None, counts: Sequence[PackCount]) -> Renewal:
    is_ordered = version.ordered_hash is not None
    # What was rejected isn't on a version that an order names, and never comes onto it.
    counts = [each for each in counts if not is_ordered or each.state is ReferenceState.ENROLLED]
    unfit = [each for each in counts if pack is not None and each.unfit_pack == pack]
    done = [
        each
        for each in counts
        if pack is not None
        and each.pack == pack
        and each.state is not ReferenceState.SUBMITTED
        and each not in unfit
    ]
    return Renewal(
        watchlist_id=version.watchlist_id,
        pack=pack,
        images=sum(each.count for each in counts),
        done=sum(each.count for each in done),
        unfit=sum(each.count for each in unfit),
    )
