"""What one term of leadership works with: made when it begins, dropped when it is over."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from lethe.alert.adjudicating import Adjudicator
from lethe.alert.announcing import Announcer
from lethe.alert.audit.consultations import Consultations
from lethe.alert.audit.ports import AuditLog
from lethe.alert.claiming import ErasureClaims
from lethe.alert.drafts.desk import DraftDesk
from lethe.alert.hub import AlertHub
from lethe.alert.kept_orders import OrderKeeper
from lethe.alert.looks import Looks
from lethe.alert.ports import OrderDesk
from lethe.alert.raising import AlertDesk
from lethe.alert.transit import TransitKeyring
from lethe.alert.walks.desk import WalkDesk
from lethe.alert.watchlists.book import WatchlistBook
from lethe.alert.watchlists.ending import WatchlistEnds
from lethe.alert.watchlists.enrolling import Enrolment
from lethe.alert.watchlists.ordered import ClosingDeployments
from lethe.alert.watchlists.renewing import RenewalDesk
from lethe.alert.watchlists.sampling import SampleDesk
from lethe.contracts.errors import Transient
from lethe.contracts.instants import Instant
from lethe.contracts.keys import AuditHead
from lethe.shredding.terms import Standing

_RETENTION_S = 10.0
_log = structlog.get_logger()


class Tenure(Protocol):
    """The term as the database has it; `lethe.alert.term.Term` is one."""

    number: int

    @property
    def audit_head(self) -> AuditHead:
        """How far the audit log has got."""
        ...

    async def is_over(self) -> bool:
        """Tell whether another instance has taken over.

        Raises
        ------
        Transient
            If that can't be told now.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Reign:
    """The parts of a leading instance. A later term inherits none of them, even of this process.

    Attributes
    ----------
    now
        The clock of this machine.
    """

    tenure: Tenure
    hub: AlertHub
    desk: AlertDesk
    watchlists: WatchlistBook
    ends: WatchlistEnds
    samples: SampleDesk
    enrolment: Enrolment
    renewals: RenewalDesk
    transit: TransitKeyring
    announcer: Announcer
    adjudicator: Adjudicator
    claims: ErasureClaims
    now: Callable[[], Instant]
    audit: AuditLog
    consultations: Consultations
    looks: Looks
    walks: WalkDesk
    drafts: DraftDesk
    orders: OrderKeeper

    def closing(self, deployments: OrderDesk) -> ClosingDeployments:
        """Return what takes orders, and closes the watchlists that they name."""
        return ClosingDeployments(
            deployments, self.watchlists, self.ends, self.samples, self.renewals, self.orders
        )

    def standing(self) -> Standing:
        """Return what alert's tickets say while it leads."""
        return Standing(
            enrols=self.enrolment.is_active,
            transit=self.transit.announced(),
            audit=self.tenure.audit_head if self.tenure.audit_head.size else None,
            false_alerts=dict(self.announcer.false_alerts),
            erased_watchlists=self.ends.announced,
            looks=self.looks.cameras(),
        )

    def parts(self) -> list[Coroutine[Any, Any, None]]:
        """Return what goes on until the term is over."""
        return [
            self.enrolment.run(),
            self.transit.run(),
            self.announcer.run(),
            self.consultations.run(),
            self.claims.run(),
            self._keep_retention(),
            self._keep_pages_blank(),
        ]

    def close(self) -> None:
        """Send the officers' connections to the next leader."""
        self.hub.close()
        self.looks.close()

    async def _keep_retention(self) -> None:
        while True:
            erase = functools.partial(self.desk.erase_due, self.now())
            for keep in (erase, self.ends.sweep, self.orders.keep):
                try:
                    await keep()
                except Transient as error:
                    _log.warning("retention held back", error=type(error).__name__)
            await asyncio.sleep(_RETENTION_S)

    async def _keep_pages_blank(self) -> None:
        # By itself: a key store or a database that hangs keeps no name on a screen.
        while True:
            self.desk.blank_due(self.now())
            await asyncio.sleep(_RETENTION_S)
