"""Who looks at which camera, and what they are shown: one view at a time, to whoever waits for it.

Tickets name the cameras that somebody looks at, see `Looks.cameras`; no view of another is made.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from lethe.alert.audit import of_cameras
from lethe.alert.audit.ports import Audit
from lethe.alert.errors import NotLeading, TooMany
from lethe.alert.view import View
from lethe.contracts.instants import Instant
from lethe.contracts.keys import MOST_LOOKED_AT
from lethe.contracts.sealed import Purpose, SealAddress
from lethe.shredding.holder import Holder

_LINGERS_MS = 2_000
"""A look is over so long after nobody waits: a page asks for the next view when it has one."""
_MOST_WAITING = 256

_Name = tuple[str, str, frozenset[str]]
"""Who looks, at which camera, and of which deployments."""


@dataclass(slots=True)
class _Look:
    """One person's look at one camera of some deployments, which may have several pages."""

    seen: Instant
    waiting: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter:
    """Somebody waits for a camera's next view, if it is of a deployment that they may see."""

    coming: asyncio.Future[View]
    deployments: Collection[str]


class Looks:
    """Those of one term of leadership.

    Parameters
    ----------
    holder
        Has the keys of views.
    """

    def __init__(self, holder: Holder, audit: Audit, now: Callable[[], Instant]) -> None:
        self._holder = holder
        self._audit = audit
        self._now = now
        self._looks: dict[_Name, _Look] = {}
        self._waiting: dict[str, list[_Waiter]] = {}
        self._is_over = False

    def cameras(self) -> tuple[str, ...]:
        """Return the cameras that somebody looks at now."""
        now = self._now()
        self._looks = {
            name: look
            for name, look in self._looks.items()
            if look.waiting or now.since_ms(look.seen) < _LINGERS_MS
        }
        return tuple(sorted({camera_id for _, camera_id, _ in self._looks}))

    async def begin(self, subject: str, camera_id: str, deployments: Collection[str]) -> None:
        """Let somebody look at a camera: it is told in the audit log before they see anything.

        Parameters
        ----------
        subject
            Who: a look that goes on isn't told again.
        deployments
            Those of the camera that are within their limits.

        Raises
        ------
        TooMany
            If as many cameras are looked at as can be.
        NotLeading, Transient
            As `Audit.append`.
        """
        self._require_room(camera_id)
        # Under another deployment it is another look.
        name = subject, camera_id, frozenset(deployments)
        if name not in self._looks:
            await self._audit.append(of_cameras.looked_at(camera_id, deployments))
            # Others may have begun meanwhile.
            self._require_room(camera_id)
            self._looks.setdefault(name, _Look(self._now()))

    @contextmanager
    def waiting(
        self, subject: str, camera_id: str, deployments: Collection[str]
    ) -> Iterator[asyncio.Future[View]]:
        """Give what the next view comes in; it is given back when the `with` block ends.

        Raises
        ------
        TooMany
            If too many wait already.
        NotLeading
            If this term is over.
        """
        if self._is_over:
            raise NotLeading("another instance leads")
        if sum(map(len, self._waiting.values())) >= _MOST_WAITING:
            raise TooMany("too many wait for pictures of cameras; wait a moment")
        name = subject, camera_id, frozenset(deployments)
        look = self._looks.setdefault(name, _Look(self._now()))
        waiter = _Waiter(asyncio.get_running_loop().create_future(), deployments)
        self._waiting.setdefault(camera_id, []).append(waiter)
        look.waiting += 1
        try:
            yield waiter.coming
        finally:
            look.waiting -= 1
            look.seen = self._now()
            self._leave(camera_id, waiter)

    def show(self, address: SealAddress, sealed: bytes) -> None:
        """Open a view for those who wait for it; nobody does, and it stays sealed.

        Raises
        ------
        Erased, Refused
            If it doesn't open: they go on waiting.
        """
        present = self._waiting.get(address.lane, [])
        lookers = [each for each in present if address.deployment_id in each.deployments]
        if not lookers:
            return
        view = View(self._holder, address, sealed, lent=len(lookers))
        self._holder.supersede(address.lane, Purpose.VIEW, address.slot, spared=0)
        for looker in lookers:
            present.remove(looker)
            looker.coming.set_result(view)

    def close(self) -> None:
        """Send those who wait to the next leader."""
        self._is_over = True
        for waiters in self._waiting.values():
            for waiter in waiters:
                waiter.coming.set_exception(NotLeading("another instance leads"))
        self._waiting.clear()

    def _leave(self, camera_id: str, waiter: _Waiter) -> None:
        present = self._waiting.get(camera_id, [])
        if waiter in present:
            present.remove(waiter)
        if not present:
            self._waiting.pop(camera_id, None)
        if waiter.coming.done() and waiter.coming.exception() is None:
            waiter.coming.result().give_back()

    def _require_room(self, camera_id: str) -> None:
        present = self.cameras()
        if camera_id not in present and len(present) >= MOST_LOOKED_AT:
            raise TooMany(f"people look at {MOST_LOOKED_AT} cameras already; wait a moment")
