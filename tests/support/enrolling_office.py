"""Alert's side of enrolment for tests: real keys and a real database, a broker that remembers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.brokers import eventually
from tests.support.live_path import LivePath
from tests.support.watchlists import Records, imaged, listed

from lethe.alert.term import Term
from lethe.alert.watchlists.enrolling import Enrolment, SealedReference
from lethe.alert.watchlists.reference import Reference
from lethe.alert.watchlists.renewing import RenewalDesk
from lethe.contracts.enrolment import EnrolmentOutcome, ReferenceEnrolled, ReferencePayload
from lethe.contracts.errors import Transient
from lethe.contracts.keys import Role
from lethe.contracts.topics import REFERENCE_SUBMITTED
from lethe.shredding.trust import LocalTrust

LIST = "watchlist-1"
REPEAT_MS = 1_500


class Office:
    """What enrols, and what it has sent."""

    def __init__(self, trust: LocalTrust, term: Term, folder: Path) -> None:
        self.path = LivePath(trust)
        self.term = term
        records = Records(term, folder)
        self.keys = records.keys
        self.book = records.book
        self.shelf = records.shelf
        self.sent: list[SealedReference] = []
        self.broker_away = False
        self.pack: str | None = None
        self.enrolment = self._enrolment()

    def restarted(self) -> Enrolment:
        self.enrolment = self._enrolment()
        return self.enrolment

    def _enrolment(self) -> Enrolment:
        return Enrolment(self.path.alert, self.book, self._send, lambda: self.pack)

    def renewals(self) -> RenewalDesk:
        return RenewalDesk(self.shelf.references, self.book, self.enrolment, lambda: self.pack)

    async def _send(self, sealed: SealedReference) -> None:
        if self.broker_away:
            raise Transient("the broker doesn't take it")
        self.sent.append(sealed)

    async def add(self, name: str) -> Reference:
        """Add an image and submit it."""
        subject_id = await listed(self.book, name, on=LIST)
        reference = await imaged(self.book, LIST, subject_id, f"the image of {name}".encode())
        self.enrolment.submit(reference.reference_id)
        return reference

    def names(self) -> list[str]:
        return [sealed.reference_id for sealed in self.sent]

    async def hear(self, outcome: ReferenceEnrolled) -> None:
        """Let an outcome come from match, and be recorded."""
        self.enrolment.on_outcome(outcome)
        await self.enrolment._record()

    async def until_sent(self, count: int) -> None:
        await eventually(lambda: len(self.sent) >= count)

    def wait_for_repeat(self) -> None:
        """Let so much time pass that what got no outcome is due again, with fresh keys."""
        self.path.time.advance_ms(REPEAT_MS)
        self.path.alert.reap()
        for role in (Role.DETECT, Role.MATCH):
            self.path.holders[role].reap()
        self.path.run_enrolment_slot()

    def opened(self, sealed: SealedReference) -> ReferencePayload:
        """Open what was sent as detect does."""
        room = memoryview(bytearray(len(sealed.body)))
        with self.path.holders[Role.DETECT].opening(
            REFERENCE_SUBMITTED.name, sealed.address, sealed.body, room
        ) as content:
            return ReferencePayload.decode(bytes(content))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.enrolment.run())
        try:
            yield
            assert not task.done(), task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def outcome(reference: Reference, fault: str | None = None, pack: str = "") -> ReferenceEnrolled:
    """Return what match tells of a reference that was enrolled, or rejected for a fault."""
    kind = EnrolmentOutcome.ENROLLED if fault is None else EnrolmentOutcome.REJECTED
    return ReferenceEnrolled(
        reference_id=reference.reference_id,
        watchlist_id=LIST,
        instance_id="match-1",
        outcome=kind,
        fault=fault,
        model=pack,
    )
