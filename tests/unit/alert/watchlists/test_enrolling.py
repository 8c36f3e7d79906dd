"""Images go out sealed until their outcome is known, whatever is missing meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import update
from tests.support.brokers import eventually
from tests.support.databases import a_term, new_database
from tests.support.forgetting import local_trust
from tests.support.live_path import LivePath
from tests.support.watchlists import Records, imaged, listed

from lethe.alert.errors import DatabaseUnavailable
from lethe.alert.tables import references
from lethe.alert.term import Term
from lethe.alert.watchlists.enrolling import Enrolment, SealedReference
from lethe.alert.watchlists.reference import Reference, ReferenceState
from lethe.contracts.enrolment import EnrolmentOutcome, ReferenceEnrolled, ReferencePayload
from lethe.contracts.errors import Transient
from lethe.contracts.keys import Role
from lethe.contracts.sealed import Purpose
from lethe.contracts.topics import REFERENCE_SUBMITTED
from lethe.shredding.trust import LocalTrust

LIST = "watchlist-1"
REPEAT_MS = 1_500


@pytest.fixture(scope="module", name="trust")
def trust_(tmp_path_factory: pytest.TempPathFactory) -> LocalTrust:
    return local_trust(tmp_path_factory.mktemp("trust"))


class Office:
    """Alert's side of enrolment, on SQLite and real keys, with a broker that remembers."""

    def __init__(self, trust: LocalTrust, term: Term, folder: Path) -> None:
        self.path = LivePath(trust)
        self.term = term
        records = Records(term, folder)
        self.keys = records.keys
        self.book = records.book
        self.sent: list[SealedReference] = []
        self.broker_away = False
        self.enrolment = Enrolment(self.path.alert, self.book, self._send)

    def restarted(self) -> Enrolment:
        self.enrolment = Enrolment(self.path.alert, self.book, self._send)
        return self.enrolment

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


@pytest.fixture(name="office")
async def office_(trust: LocalTrust, tmp_path: Path) -> AsyncIterator[Office]:
    database = await new_database(tmp_path)
    office = Office(trust, await a_term(database), tmp_path)
    yield office
    await database.close()
    # A number that stayed reserved would keep its slot alive until the kernel ends the process.
    office.path.alert.release_all()
    assert office.path.alert.holds_nothing()


def outcome(reference: Reference, fault: str | None = None) -> ReferenceEnrolled:
    kind = EnrolmentOutcome.ENROLLED if fault is None else EnrolmentOutcome.REJECTED
    return ReferenceEnrolled(
        reference_id=reference.reference_id,
        watchlist_id=LIST,
        instance_id="match-1",
        outcome=kind,
        fault=fault,
    )


async def test_a_submitted_image_goes_out_sealed_and_detect_opens_it(office: Office) -> None:
    reference = await office.add("ada")
    office.path.run_enrolment_slot()
    async with office.running():
        await office.until_sent(1)
    [sealed] = office.sent
    assert b"the image" not in bytes(sealed.body)
    payload = office.opened(sealed)
    assert (payload.reference_id, payload.image) == (reference.reference_id, b"the image of ada")


async def test_without_a_key_it_waits_for_one(office: Office) -> None:
    await office.add("ada")
    async with office.running():
        await office.enrolment._submit(office.enrolment._due())
        assert (office.sent, office.enrolment.is_active) == ([], True)
        office.path.run_enrolment_slot()
        await office.until_sent(1)


async def test_a_key_without_time_left_for_the_others_is_not_used(office: Office) -> None:
    await office.add("ada")
    office.path.run_enrolment_slot()
    office.path.time.advance_ms(400)
    await office.enrolment._submit(office.enrolment._due())
    assert office.sent == []


async def test_what_got_no_outcome_is_repeated_and_not_before_its_time(office: Office) -> None:
    await office.add("ada")
    office.path.run_enrolment_slot()
    async with office.running():
        await office.until_sent(1)
        office.path.time.advance_ms(REPEAT_MS - 1)
        assert office.enrolment._due() == []
        office.path.time.advance_ms(-REPEAT_MS + 1)
        office.wait_for_repeat()
        await office.until_sent(2)
    assert office.names()[0] == office.names()[1]
    assert office.sent[0].address.slot != office.sent[1].address.slot


@pytest.mark.parametrize("fault", [None, "no_face"])
async def test_it_stops_when_it_is_told_the_outcome(office: Office, fault: str | None) -> None:
    reference, other = await office.add("ada"), await office.add("grace")
    office.path.run_enrolment_slot()
    async with office.running():
        await office.until_sent(2)
        await office.hear(outcome(reference, fault))
        assert office.enrolment.is_active
        office.wait_for_repeat()
        await office.until_sent(3)
        await office.hear(outcome(other))
        assert not office.enrolment.is_active
    assert office.names()[2:] == [other.reference_id]
    states = {
        office.book.name_of(LIST, r.subject_id): r.state for r in await office.book.references(LIST)
    }
    told = ReferenceState.ENROLLED if fault is None else ReferenceState.REJECTED
    assert states == {"ada": told, "grace": ReferenceState.ENROLLED}


async def test_of_many_only_a_few_are_under_way_at_first_and_more_when_they_come_through(
    office: Office,
) -> None:
    added = [await office.add(f"person {number}") for number in range(8)]
    office.path.run_enrolment_slot()
    async with office.running():
        await office.until_sent(4)
        assert office.enrolment._due() == []
        by_id = {reference.reference_id: reference for reference in added}
        await office.hear(outcome(by_id[office.names()[0]]))
        await office.until_sent(6)
        assert office.enrolment._due() == []
    assert len(set(office.names())) == 6


async def test_when_none_come_through_fewer_are_under_way(office: Office) -> None:
    for number in range(6):
        await office.add(f"person {number}")
    office.path.run_enrolment_slot()
    async with office.running():
        await office.until_sent(4)
        office.wait_for_repeat()
        await office.until_sent(6)
        assert office.enrolment._due() == []
    assert office.names()[4:] not in (office.names()[:2], [])


async def test_what_the_broker_did_not_take_is_repeated(office: Office) -> None:
    await office.add("ada")
    office.path.run_enrolment_slot()
    office.broker_away = True
    await office.enrolment._submit(office.enrolment._due())
    assert office.enrolment._due() == []
    office.broker_away = False
    async with office.running():
        office.wait_for_repeat()
        await office.until_sent(1)


async def test_a_list_that_match_lost_is_submitted_again_but_not_what_was_rejected(
    office: Office,
) -> None:
    kept, rejected = await office.add("ada"), await office.add("nobody")
    await office.hear(outcome(kept))
    await office.hear(outcome(rejected, "no_face"))
    assert not office.enrolment.is_active
    office.path.run_enrolment_slot()
    async with office.running():
        await office.enrolment.submit_again(LIST)
        await office.until_sent(1)
        await office.hear(outcome(kept))
    assert office.names() == [kept.reference_id]
    assert not office.enrolment.is_active


async def test_a_restarted_alert_goes_on_with_what_was_not_settled(office: Office) -> None:
    settled, open_one = await office.add("ada"), await office.add("grace")
    await office.hear(outcome(settled))
    await office.restarted().resume()
    office.path.run_enrolment_slot()
    async with office.running():
        await office.until_sent(1)
    assert office.names() == [open_one.reference_id]


async def test_a_reference_whose_data_key_is_erased_is_given_up(office: Office) -> None:
    await office.add("ada")
    for name in office.keys.names():
        office.keys.destroy(name)
    office.path.run_enrolment_slot()
    async with office.running():
        await eventually(lambda: not office.enrolment.is_active)
    assert office.sent == []


async def test_an_outcome_of_an_unknown_reference_changes_nothing(office: Office) -> None:
    reference = await office.add("ada")
    stranger = outcome(reference).model_copy(update={"reference_id": "another"})
    await office.hear(stranger)
    assert office.enrolment._due() == [reference.reference_id]


async def test_a_database_that_is_away_for_a_moment_ends_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    payloads, tried = office.book.payloads, asyncio.Event()

    async def away(_reference_ids: Sequence[str]) -> Mapping[str, ReferencePayload]:
        tried.set()
        raise DatabaseUnavailable("the database didn't take a statement")

    await office.add("ada")
    monkeypatch.setattr(office.book, "payloads", away)
    office.path.run_enrolment_slot()
    async with office.running():
        await asyncio.wait_for(tried.wait(), 20)
        monkeypatch.setattr(office.book, "payloads", payloads)
        office.wait_for_repeat()
        await office.until_sent(1)
    busy = [s for s in office.path.alert._keyring._slots.values() if s.is_busy]
    assert (busy, Purpose.REFERENCE_IMAGE) == ([], office.sent[0].address.purpose)


async def test_outcomes_that_come_together_are_recorded_together_and_whoever_is_away_loses_none(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = [await office.add(f"person {number}") for number in range(3)]
    record, lots = office.book.record, list[int]()

    async def counted(outcomes: Sequence[ReferenceEnrolled]) -> set[str]:
        lots.append(len(outcomes))
        if len(lots) == 1:
            raise DatabaseUnavailable("the database didn't take a statement")
        return await record(outcomes)

    monkeypatch.setattr(office.book, "record", counted)
    for reference in added:
        office.enrolment.on_outcome(outcome(reference))
    async with office.running():
        await eventually(lambda: not office.enrolment.is_active)
    assert lots == [3, 3]
    states = {each.state for each in await office.book.references(LIST)}
    assert states == {ReferenceState.ENROLLED}
    # With the adding of three they are the six changes that there were.
    changes = [each.change for each in await office.book.after(LIST, 0, 10)]
    assert changes == [4, 5, 6]


async def test_an_image_that_was_altered_keeps_no_other_from_being_sent(office: Office) -> None:
    altered, whole = await office.add("ada"), await office.add("grace")
    statement = update(references).where(references.c.reference_id == altered.reference_id)
    async with office.term.write() as connection:
        await connection.execute(statement.values(image_ciphertext=b"altered"))
    office.path.run_enrolment_slot()
    async with office.running():
        await office.until_sent(1)
    assert office.names() == [whole.reference_id]
