"""What an ex-leader that wakes up in the middle of its work may still do: nothing that counts."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.alert_desk import CROP, ManualClock, candidates_found, instant
from tests.support.announcing import Listeners
from tests.support.databases import new_database
from tests.support.keyrings import keyring_in

from lethe.alert.alerts import Alert, AlertTerms
from lethe.alert.announcing import Announcer
from lethe.alert.database import Database
from lethe.alert.errors import NotLeading
from lethe.alert.hub import AlertHub
from lethe.alert.keyring import Keyring
from lethe.alert.log import SqlAlertLog
from lethe.alert.raising import AlertDesk
from lethe.alert.term import Term
from lethe.alert.vault import Vault
from lethe.contracts.errors import Erased


@dataclass
class Leader:
    """A desk in a term of its own, on the database and the key store of all."""

    desk: AlertDesk
    hub: AlertHub
    log: SqlAlertLog


async def _retire(key_ids: Iterable[str]) -> None:
    raise AssertionError(list(key_ids))


@dataclass
class Shared:
    """What the instances share."""

    database: Database
    keys: Keyring

    async def leader(self) -> Leader:
        """Let another instance take over."""
        term = await Term.begin(self.database, "alert")
        hub = AlertHub(term.log_id, term.number)
        log = SqlAlertLog(term)
        desk = AlertDesk(
            log,
            hub,
            Vault(self.keys),
            ManualClock(),
            _retire,
            cool_down_s=0,
        )
        await desk.restore(lambda _: AlertTerms())
        return Leader(desk, hub, log)


@pytest.fixture(name="shared")
async def shared_(tmp_path: Path) -> AsyncIterator[Shared]:
    database = await new_database(tmp_path)
    yield Shared(database, keyring_in(tmp_path / "keys", ManualClock()))
    await database.close()


async def test_a_candidate_list_in_hand_at_its_loss_becomes_one_alert_the_successors(
    shared: Shared,
) -> None:
    before = await shared.leader()
    after = await shared.leader()
    found = candidates_found("search")
    with pytest.raises(NotLeading):
        await before.desk.receive(found, CROP)
    assert before.hub.last_sequence == 0, "an officer was shown what isn't in the log"
    raised = await after.desk.receive(found, CROP)
    assert raised is not None
    assert await after.desk.count() == 1
    assert await after.desk.probe(raised.alert_id) == CROP


async def test_what_it_committed_and_did_not_show_is_shown_by_its_successor_once(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await shared.leader()
    found = candidates_found("search")

    async def paused(*_: object) -> None:
        raise NotLeading

    monkeypatch.setattr(SqlAlertLog, "mark_published", paused)
    with pytest.raises(NotLeading):
        await before.desk.receive(found, CROP)
    monkeypatch.undo()
    after = await shared.leader()
    assert after.hub.last_sequence == 1
    assert await after.desk.receive(found, CROP) is None
    with pytest.raises(NotLeading):
        await before.desk.erase_due(instant(0))
    assert await after.desk.count() == 1


async def test_it_erases_no_key_that_its_successor_made_for_an_alert_to_come(
    shared: Shared,
) -> None:
    before = await shared.leader()
    await shared.leader()
    shared.keys.create("alert-about-to-be-committed")
    with pytest.raises(NotLeading):
        await before.desk.erase_due(instant(0))
    assert "alert-about-to-be-committed" in shared.keys.names()


async def test_a_key_that_it_made_and_no_alert_has_is_erased_by_its_successor(
    shared: Shared,
) -> None:
    before = await shared.leader()
    after = await shared.leader()
    with pytest.raises(NotLeading):
        await before.desk.receive(candidates_found("search"), CROP)
    assert len(shared.keys.names()) == 1
    await after.desk.erase_due(instant(0))
    assert shared.keys.names() == []


async def test_what_is_due_is_erased_whoever_looks_first(shared: Shared) -> None:
    before = await shared.leader()
    raised = await before.desk.receive(candidates_found("a"), CROP, AlertTerms(retention_hours=1))
    assert raised is not None
    after = await shared.leader()
    with pytest.raises(NotLeading):
        await before.desk.erase_due(instant(3_600_000))
    assert await after.desk.erase_due(instant(3_600_000)) == 1
    with pytest.raises(Erased):
        await after.desk.probe(raised.alert_id)


async def test_what_its_successor_tells_systems_outside_it_does_not_tell_again(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, listeners = await shared.leader(), Listeners()
    alerts = [await _raised(before, name) for name in ("a", "b", "c")]
    publish, successors = listeners.publisher.send, list[Leader]()

    async def send(*arguments: Any) -> None:
        await publish(*arguments)
        if not successors:
            # As if it were stopped here, in the middle of all that it has to tell.
            successors.append(await shared.leader())
            await _announcer(successors[0], listeners).turn()

    monkeypatch.setattr(listeners.publisher, "send", send)
    await _announcer(before, listeners).turn()
    # The first was sent, and that not recorded: at least once.
    told = [each.alert_id for each in listeners.raised]
    assert told == [alerts[0].alert_id, *(alert.alert_id for alert in alerts)]
    assert await successors[0].log.unannounced_alerts(9) == []


async def _raised(leader: Leader, name: str) -> Alert:
    alert = await leader.desk.receive(candidates_found(name), CROP)
    assert alert is not None
    return alert


def _announcer(leader: Leader, listeners: Listeners) -> Announcer:
    return Announcer(leader.log, listeners.outbox, lambda _: (), ManualClock())
