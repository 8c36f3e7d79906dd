"""From a candidate list to systems outside, killed or failing before and after each step.

On a database and keys in files: what is left there is all that the next process has.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.support.alert_desk import CROP, ManualClock, candidates_found
from tests.support.announcing import Listeners
from tests.support.broken_steps import BrokenStep, Killed
from tests.support.databases import a_term, new_database
from tests.support.keyrings import keyring_in
from tests.support.readers import alerts_of, searches_of

from lethe.alert.alerts import AlertTerms
from lethe.alert.announcing import Announcer
from lethe.alert.database import Database, sqlite_url
from lethe.alert.hub import AlertHub
from lethe.alert.log import SqlAlertLog
from lethe.alert.raising import AlertDesk
from lethe.alert.tables import alerts, pictures
from lethe.alert.vault import Vault
from lethe.contracts.errors import Transient
from lethe.contracts.live import CandidatesFound

LISTS = [
    candidates_found("a"),
    candidates_found("b", subject_id="subject-2"),
    # Within the cool-down: a sighting of the first.
    candidates_found("a again", at_ms=1_000),
    candidates_found("c", subject_id="subject-3"),
]
ALERTS = 3
ONCE = ("attach",)
"""Steps that are taken for one of the lists only."""
STEPS = (
    "create",
    "seal_all",
    "append",
    "attach",
    "mark_published",
    "raised",
    "end_announcing",
    "commit",
)


class Partition:
    """Candidate lists at the broker: what isn't committed comes again."""

    def __init__(self) -> None:
        self.committed = 0

    @property
    def waiting(self) -> list[CandidatesFound]:
        return LISTS[self.committed :]

    async def commit(self) -> None:
        self.committed += 1


class Process:
    """One alert service from its start on, with nothing but what an earlier one has stored."""

    def __init__(self, database: Database, log: SqlAlertLog, keys: Path, step: BrokenStep) -> None:
        self.database, self.log = database, log
        clock, self.vault = ManualClock(), Vault(keyring_in(keys, ManualClock()))
        self.listeners = Listeners()
        self.desk = AlertDesk(log, AlertHub("log", 1), self.vault, clock, _retire)
        self.announcer = Announcer(log, self.listeners.outbox, lambda _: (), clock)
        for method in ("create", "seal_all"):
            step.wrap(self.vault, method)
        for method in ("append", "attach", "mark_published", "end_announcing"):
            step.wrap(log, method)
        step.wrap(self.listeners.outbox, "raised")

    @classmethod
    async def begin(cls, folder: Path, step: BrokenStep) -> "Process":
        """Start on what is stored."""
        database = await Database.open(sqlite_url(folder / "alert.sqlite"))
        log = SqlAlertLog(await a_term(database))
        return cls(database, log, folder.parent / "keys", step)

    async def run(self, partition: Partition) -> None:
        """Take over, take what waits, and announce until nothing waits; raises `Killed` in it."""
        await self.desk.restore(lambda _: AlertTerms())
        while partition.waiting:
            await self._take(partition)
            await self.announcer.turn()
        while await self.log.unannounced_alerts(1):
            await self.announcer.turn()

    async def _take(self, partition: Partition) -> None:
        try:
            await self.desk.receive(partition.waiting[0], CROP)
            await partition.commit()
        except Transient:
            # The reader of the topic hands it over again.
            return


async def _retire(key_ids: Iterable[str]) -> None:
    assert not list(key_ids)


def _broken() -> Iterable[BrokenStep]:
    for fault in (Killed, Transient):
        for name in STEPS:
            for is_after in (False, True):
                for turn in (1,) if name in ONCE else (1, 2):
                    yield BrokenStep(name, is_after, turn, fault)


def _id(step: BrokenStep) -> str:
    when = "after" if step.is_after else "before"
    return f"{step.fault.__name__} {when} {step.name} {step.turn}"


@pytest.mark.parametrize("step", list(_broken()), ids=_id)
async def test_each_search_leads_to_one_alert_which_everybody_hears_of(
    tmp_path: Path, step: BrokenStep
) -> None:
    folder, partition = tmp_path / "database", Partition()
    await (await new_database(folder)).close()
    step.wrap(partition, "commit")
    told: list[str] = []
    killed = 0
    while True:
        process = await Process.begin(folder, step)
        try:
            await process.run(partition)
        except Killed:
            killed += 1
        told += [each.alert_id for each in process.listeners.raised]
        if not partition.waiting and not await process.log.unannounced_alerts(1):
            break
        await process.database.close()
    assert step.has_broken, "the step was never taken"
    assert killed <= 1

    searches, ids = searches_of(folder / "alert.sqlite"), alerts_of(folder / "alert.sqlite")
    assert set(searches) == {found.search_id for found in LISTS}
    assert searches["a"] == searches["a again"]
    assert len(set(searches.values())) == len(ids) == ALERTS
    assert list(dict.fromkeys(told)) == [alert_id for _, alert_id in ids]
    await _check_nothing_is_left_over(process)
    await process.database.close()


async def _check_nothing_is_left_over(process: Process) -> None:
    """Check keys, pictures and sightings: after a failure that nobody died of, once swept."""
    await process.desk.erase_due(ManualClock()())
    async with process.database.begin() as connection:
        known = set((await connection.execute(select(alerts.c.alert_id))).scalars())
        kept = set((await connection.execute(select(pictures.c.alert_id))).scalars())
    assert kept == known
    assert set(await process.vault.names()) == {f"alert-{alert_id}" for alert_id in known}
    for alert_id in known:
        assert await process.desk.probe(alert_id) == CROP
    first = await process.log.of_search("a")
    assert first is not None
    assert first.sightings == 2
    assert not first.erased
