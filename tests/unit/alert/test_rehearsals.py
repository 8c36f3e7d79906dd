"""Alerts about volunteers: what they are, what they count as, and how they end."""

import pytest
from tests.support.alert_desk import CROP, DeskBench, candidates_found, instant

from lethe.alert.alert_tally import AlertTally
from lethe.alert.alerts import Alert, AlertTerms
from lethe.alert.erasing import key_name
from lethe.alert.judgements import Adjudication
from lethe.contracts.adjudication import Capacity, Verdict
from lethe.contracts.errors import Erased
from lethe.contracts.live import Candidate
from lethe.contracts.receipts import ErasureGround

VOLUNTEER = "volunteer-1"
SOUGHT = Candidate(subject_id="subject-2", reference_id="r-2", score=0.61, cosine=0.5)
OTHER = Candidate(subject_id="volunteer-2", reference_id="r-3", score=0.99, cosine=0.9)
HOUR_MS = 3_600_000
FALSE = Adjudication(
    Verdict.FALSE_ALERT, True, None, "Ames", instant(9_000), Capacity.ENGAGEMENT_OFFICER
)


async def raised(
    bench: DeskBench, search: str = "a", subject: str = VOLUNTEER, *others: Candidate
) -> Alert:
    found = candidates_found(search, subject_id=subject, others=others)
    alert = await bench.desk.receive(found, CROP, AlertTerms(retention_hours=24))
    assert alert is not None
    return alert


async def test_an_alert_about_a_volunteer_is_a_rehearsal_and_says_so_to_programs() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    assert alert.is_rehearsal
    assert alert.raised().rehearsal
    assert alert.told_as_adjudicated(FALSE).rehearsal
    other = await raised(bench, "b", "subject-1")
    assert (other.is_rehearsal, other.raised().rehearsal) == (False, False)


async def test_nobody_sought_is_hidden_behind_a_volunteer_with_a_higher_score() -> None:
    alert = await raised(DeskBench(), "a", VOLUNTEER, SOUGHT)
    assert (alert.subject_id, alert.is_rehearsal) == ("subject-2", False)
    assert [each.subject_id for each in alert.candidates] == [VOLUNTEER]


async def test_several_volunteers_make_a_rehearsal_about_the_best_of_them() -> None:
    alert = await raised(DeskBench(), "a", VOLUNTEER, OTHER)
    assert (alert.subject_id, alert.is_rehearsal) == ("volunteer-2", True)


async def test_it_counts_as_no_alert_whatever_is_decided_about_it() -> None:
    bench = DeskBench()
    await raised(bench)
    wrong = await raised(bench, "b", "volunteer-2")
    await bench.desk.handling.adjudicate(wrong.alert_id, FALSE)
    assert await bench.desk.tallies() == {"deployment-1": AlertTally(rehearsals=2)}
    assert await bench.log.false_alerts() == {}


async def test_it_is_kept_for_an_hour_and_its_transit_key_goes_with_it() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    assert await bench.desk.probe(alert.alert_id) == CROP
    bench.clock.ms += HOUR_MS
    await bench.desk.erase_due(bench.clock())
    with pytest.raises(Erased):
        await bench.desk.probe(alert.alert_id)
    assert bench.retired == ["transit"]
    [erased] = bench.log.alerts
    assert erased.erasure_ground is ErasureGround.RETENTION


async def test_one_that_is_decided_as_false_is_erased_at_once_and_no_false_alert() -> None:
    bench = DeskBench()
    alert = await raised(bench)
    bench.clock.ms += 10_000
    decided = await bench.desk.handling.adjudicate(alert.alert_id, FALSE)
    assert decided.erased
    [erased] = bench.log.alerts
    assert erased.erasure_ground is ErasureGround.RETENTION
    assert key_name(alert.alert_id) not in bench.keyring.names()
