"""Drafts of orders: written, changed, signed by their drafter, given up, and authorised."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from lethe.alert.drafts.draft import Draft, DraftStore
from lethe.alert.drafts.outside import AskedKey, GivenKey, asked_of_officer, authorised
from lethe.alert.errors import Conflict, NotFound, Stale
from lethe.alert.watchlists.book import WatchlistBook
from lethe.alert.watchlists.drafted import require_drafted
from lethe.alert.watchlists.expiry import require_listed_throughout
from lethe.alert.watchlists.reference import ReferenceState
from lethe.contracts.drafting import OrderWords
from lethe.contracts.errors import InvalidInput, Refused
from lethe.contracts.orders import CameraAssigned, DeploymentOrder, DeploymentOrdered
from lethe.contracts.sealed import SignedEnvelope
from lethe.shredding.authorising import DRAFT_CONTEXT
from lethe.shredding.order_content import require_content
from lethe.shredding.signing import signed_by

MOST_DRAFTS = 1_000
MOST_AUTHORS = 50


class Orders(Protocol):
    """Knows which orders were heard, and who may draft."""

    def is_known(self, deployment_id: str) -> bool:
        """Tell whether an order of a deployment was heard."""
        ...

    def require_drafter(self, draft: SignedEnvelope) -> None:
        """Check that whoever signed a draft is on the roster and may draft; raises `Refused`."""
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to have ordered.

    Attributes
    ----------
    receipts_key
        As an order pins it; None leaves it open.
    """

    words: OrderWords
    cameras: Sequence[CameraAssigned]
    receipts_key: str | None = None


class DraftDesk:
    """Keeps drafts. It signs nothing, and what it keeps is worth nothing without signatures.

    Parameters
    ----------
    orders
        Those that were heard, and the roster.
    """

    def __init__(self, store: DraftStore, book: WatchlistBook, orders: Orders) -> None:
        self._store = store
        self._book = book
        self._orders = orders
        # What is counted and looked up first is still so when a draft is added.
        self._turn = asyncio.Lock()

    async def write(self, wish: Wish, author: str) -> Draft:
        """Keep a draft of a deployment that has neither draft nor order.

        Raises
        ------
        InvalidInput
            If there can't be such an order.
        NotFound
            If there is no such watchlist.
        Conflict
            If the deployment has a draft or an order, its watchlist isn't enrolled yet, somebody's
            last day on it is over before the window is, or there are too many drafts.
        """
        name = wish.words.deployment_id
        if self._orders.is_known(name):
            raise Conflict("an order of this name was handed in; choose another deployment_id")
        draft = Draft(name, await self._payload(wish), wish.cameras, 1, (author,))
        async with self._turn:
            if await self._store.count() >= MOST_DRAFTS:
                raise Conflict(f"{MOST_DRAFTS:,} drafts wait: give up some that nobody wants")
            if not await self._store.add(draft):
                raise Conflict("there is a draft of this deployment; change that, or give it up")
        return draft

    async def change(self, name: str, wish: Wish, author: str, revision: int) -> Draft:
        """Write a draft anew: whoever had signed it has to sign again.

        Raises
        ------
        InvalidInput
            Also if it is another deployment's.
        NotFound, Conflict
            As `write`; NotFound also if there is no such draft.
        Stale
            If it was changed since that revision.
        """
        if wish.words.deployment_id != name:
            raise InvalidInput("deployment_id: a draft stays that of its deployment")
        known = await self.find(name)
        changed = Draft(
            name,
            await self._payload(wish),
            wish.cameras,
            revision + 1,
            _with(known.authors, author),
        )
        return await self._stored(changed, revision)

    async def find(self, name: str) -> Draft:
        """Return the draft of a deployment; raises `NotFound`."""
        found = await self._store.find(name)
        if found is None:
            raise NotFound("there is no draft of this deployment")
        return found

    async def after(self, name: str, limit: int) -> Sequence[Draft]:
        """Return drafts in the order of their deployments' ids, behind one."""
        return await self._store.after(name, limit)

    async def sign(self, name: str, signer: str, signature: bytes, author: str) -> Draft:
        """Put a drafter's signature, which was made elsewhere, to a draft.

        Raises
        ------
        NotFound
            If there is no such draft.
        Refused
            If it doesn't hold for what the draft says now, or its signer may not draft.
        Stale
            If it was changed meanwhile.
        """
        known = await self.find(name)
        self._orders.require_drafter(
            signed_by(GivenKey(signer, (signature,)), DRAFT_CONTEXT, known.payload)
        )
        signed = replace(
            known,
            signer=signer,
            signature=signature,
            authors=_with(known.authors, author),
            revision=known.revision + 1,
        )
        return await self._stored(signed, known.revision)

    async def give_up(self, name: str) -> None:
        """Remove a draft; raises `NotFound`."""
        if not await self._store.give_up(name):
            raise NotFound("there is no draft of this deployment")

    async def asked(self, name: str, officer: str) -> tuple[bytes, bytes]:
        """Return what an officer of the roster signs to authorise a draft.

        Returns
        -------
        tuple of bytes
            For the order, and for that it is in force.

        Raises
        ------
        NotFound
            If there is no such draft.
        Conflict
            If its drafter hasn't signed it.
        """
        return asked_of_officer(_signed(await self.find(name)), officer)

    async def authorised(
        self, name: str, officer: str, signatures: tuple[bytes, bytes], who: str
    ) -> tuple[DeploymentOrdered, Sequence[CameraAssigned]]:
        """Return the order of a draft with an officer's signatures, to be handed in.

        Raises
        ------
        NotFound, Conflict
            As `asked`; Conflict also if its watchlist isn't what it was when it was drafted.
        Refused
            If whoever brings the signatures drafted it.
        """
        draft = await self.find(name)
        if who in draft.authors:
            raise Refused("you drafted it; somebody else must authorise it")
        order, signed = draft.order, _signed(draft)
        await require_drafted(self._book, order)
        return authorised(signed, officer, *signatures), draft.cameras

    async def settle(self, name: str) -> None:
        """Drop the draft of a deployment whose order was taken."""
        await self._store.settle(name)

    async def _stored(self, draft: Draft, revision: int) -> Draft:
        if not await self._store.change(draft, revision):
            raise Stale("it was changed meanwhile; read it again")
        return draft

    async def _payload(self, wish: Wish) -> bytes:
        if wish.receipts_key is None:
            raise InvalidInput("receipts_key: say which key receipts are to be signed with")
        watchlist_id = wish.words.watchlist_id
        counts = await self._book.counts(watchlist_id)
        if counts[ReferenceState.SUBMITTED]:
            raise Conflict(f"{watchlist_id} isn't enrolled yet: wait, and draft it then")
        order = wish.words.draft(
            wish.cameras,
            await self._book.content_hash(watchlist_id),
            await self._book.subjects.count(watchlist_id),
            wish.receipts_key,
            await self._book.details_hash(watchlist_id),
        )
        _require(order)
        await require_listed_throughout(self._book.subjects, order)
        return order.encode()


def asked_of_drafter(draft: Draft) -> bytes:
    """Return what the drafter of a draft signs."""
    asked = AskedKey("")
    signed_by(asked, DRAFT_CONTEXT, draft.payload)
    [message] = asked.messages
    return message


def _require(order: DeploymentOrder) -> None:
    try:
        require_content(order, allow_local=False)
    except Refused as refused:
        raise InvalidInput(str(refused)) from None


def _signed(draft: Draft) -> SignedEnvelope:
    if draft.signed is None:
        raise Conflict("its drafter hasn't signed it yet")
    return draft.signed


def _with(authors: Sequence[str], author: str) -> tuple[str, ...]:
    known = (*(each for each in authors if each != author), author)
    if len(known) > MOST_AUTHORS:
        raise Conflict("too many people wrote at it; give it up and write another")
    return known
