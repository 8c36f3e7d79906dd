"""A walk-through: what begins it, what each step is ticked off by, and what is recorded."""

import pytest
from tests.support.alert_desk import CROP, candidates_found
from tests.support.page_desk import present
from tests.support.walks import (
    NAME,
    passes,
    receipt_of_alerts,
    receipt_of_frames,
    show_cameras,
)
from tests.unit.alert.walks.conftest import Walked

from lethe.alert.errors import Conflict, NotFound
from lethe.alert.judgements import Adjudication
from lethe.alert.walks.walk import Lack
from lethe.contracts.adjudication import Capacity, Verdict
from lethe.contracts.errors import Erased


def judged(verdict: Verdict) -> Adjudication:
    return Adjudication(verdict, True, None, "Ames", present(), Capacity.ENGAGEMENT_OFFICER)


async def test_a_camera_passes_step_by_step_by_what_really_happens(walked: Walked) -> None:
    web, walks = walked.web, walked.web.walks
    show_cameras(web, "reconnecting", "live")
    await walks.begin(NAME)
    assert await walked.lacks() == {"entrance": Lack.NO_PICTURES, "yard": Lack.NOT_FRAMED}
    show_cameras(web, "live", "live")
    assert (await walked.lacks())["entrance"] is Lack.NOT_FRAMED
    await walks.frame(NAME, "entrance")
    assert (await walked.lacks())["entrance"] is Lack.NO_ALERT
    alert = await passes(web, walked.who, "a")
    assert (await walked.lacks())["entrance"] is Lack.NOT_SHOWN
    # An operator at a desk isn't a phone.
    await web.desk.handling.acknowledge(alert.alert_id, "Oakley")
    assert (await walked.lacks())["entrance"] is Lack.NOT_SHOWN
    await web.desk.handling.claim(alert.alert_id, "Ames")
    assert (await walked.lacks())["entrance"] is Lack.NOT_ERASED
    await walks.erase(NAME)
    with pytest.raises(Erased):
        await web.desk.probe(alert.alert_id)
    assert (await walked.lacks())["entrance"] is Lack.NOT_ERASED
    await receipt_of_alerts(web)
    receipt_of_frames(web)
    assert await walked.lacks() == {"entrance": None, "yard": Lack.NOT_FRAMED}
    assert (await walked.stands()).passages[0].shown_to == "Ames"


async def test_an_alert_that_came_late_doesnt_pass_and_the_next_one_may(walked: Walked) -> None:
    web = walked.web
    await web.walks.begin(NAME)
    await web.walks.frame(NAME, "entrance")
    now = present()
    # As if the system had taken so long: the walk-through began long ago for it.
    begun = (await walked.stands()).walk
    assert begun is not None
    captured = now.shifted_to(now.boot_us - 61_000_000)
    web.walks._walks[NAME] = type(begun)(captured.wall_us, begun.by, begun.framed)
    late = await passes(web, walked.who, "late", captured=captured)
    await web.desk.handling.claim(late.alert_id, "Ames")
    assert (await walked.lacks())["entrance"] is Lack.LATE
    await passes(web, walked.who, "again")
    assert (await walked.lacks())["entrance"] is Lack.NOT_SHOWN


async def test_somebody_else_who_was_alerted_to_counts_for_nothing(walked: Walked) -> None:
    web = walked.web
    await web.walks.begin(NAME)
    await web.walks.frame(NAME, "entrance")
    wrong = await passes(web, walked.who, "a")
    await web.desk.handling.claim(wrong.alert_id, "Ames")
    await web.desk.handling.adjudicate(wrong.alert_id, judged(Verdict.FALSE_ALERT))
    assert (await walked.lacks())["entrance"] is Lack.NO_ALERT
    # A real alert on the camera isn't one of the walk-through either.
    await web.desk.receive(candidates_found("real", captured=present()), CROP)
    assert (await walked.lacks())["entrance"] is Lack.NO_ALERT


async def test_what_was_on_its_way_while_all_was_erased_keeps_no_camera_from_passing(
    walked: Walked,
) -> None:
    web, walks = walked.web, walked.web.walks
    await walks.begin(NAME)
    await walks.frame(NAME, "entrance")
    alert = await passes(web, walked.who, "a")
    await web.desk.handling.claim(alert.alert_id, "Ames")
    captured = present()
    await walks.erase(NAME)
    late = await passes(web, walked.who, "b", captured=captured)
    await receipt_of_alerts(web)
    receipt_of_frames(web)
    assert (await walked.lacks())["entrance"] is None
    await walks.conclude(NAME)
    assert (await web.desk.find(late.alert_id)).erased


async def test_it_begins_from_nothing(walked: Walked) -> None:
    web = walked.web
    before = await passes(web, walked.who, "before")
    await web.walks.begin(NAME)
    assert (await web.desk.find(before.alert_id)).erased
    assert (await walked.stands()).deletion.alerts == 0


@pytest.mark.parametrize("status", ["authorised", "over", "ended", "suspended"])
async def test_it_needs_the_order_in_force(walked: Walked, status: str) -> None:
    show_cameras(walked.web, "live", status=status)
    with pytest.raises(Conflict, match=f"is {status}"):
        await walked.web.walks.begin(NAME)


async def test_it_needs_a_volunteer_who_is_searched_for(walked: Walked) -> None:
    walked.web.withdraw(walked.who.subject_id)
    with pytest.raises(Conflict, match="walk-through volunteer"):
        await walked.web.walks.begin(NAME)


async def test_one_at_a_time_and_none_is_none(walked: Walked) -> None:
    walks = walked.web.walks
    with pytest.raises(NotFound):
        await walks.begin("another")
    for act in (walks.erase, walks.conclude):
        with pytest.raises(Conflict, match="begin one"):
            await act(NAME)
    with pytest.raises(Conflict, match="begin one"):
        await walks.frame(NAME, "entrance")
    await walks.begin(NAME)
    with pytest.raises(Conflict, match="under way"):
        await walks.begin(NAME)
    with pytest.raises(NotFound):
        await walks.frame(NAME, "elsewhere")


async def test_what_was_concluded_stays_as_it_was_and_another_may_begin(walked: Walked) -> None:
    web, walks = walked.web, walked.web.walks
    await walks.begin(NAME)
    for camera in ("entrance", "yard"):
        await walks.frame(NAME, camera)
    alert = await passes(web, walked.who, "a")
    await web.desk.handling.claim(alert.alert_id, "Ames")
    await walks.erase(NAME)
    await receipt_of_alerts(web)
    receipt_of_frames(web)
    await walks.conclude(NAME)
    expected = {"entrance": None, "yard": Lack.NO_ALERT}
    assert await walked.lacks() == expected
    # Whoever takes over knows it from the audit log, and what comes later changes nothing.
    await passes(web, walked.who, "b", "yard")
    await web.restart()
    assert await walked.lacks() == expected
    await web.walks.begin(NAME)
    assert (await walked.lacks())["entrance"] is Lack.NOT_FRAMED


async def test_one_that_is_under_way_goes_on_under_another_leader(walked: Walked) -> None:
    web = walked.web
    await web.walks.begin(NAME)
    await web.walks.frame(NAME, "entrance")
    await passes(web, walked.who, "a")
    await web.restart()
    assert await walked.lacks() == {"entrance": Lack.NOT_SHOWN, "yard": Lack.NOT_FRAMED}


@pytest.mark.parametrize(
    ("oldest_ms", "later_ms", "is_confirmed"),
    [(1_000, 1_000, True), (1_001, 1_000, False), (300, -60_000, False)],
)
async def test_the_deletion_is_confirmed_by_receipts_of_frames_since(
    walked: Walked, oldest_ms: int, later_ms: int, *, is_confirmed: bool
) -> None:
    web = walked.web
    await web.walks.begin(NAME)
    await passes(web, walked.who, "a")
    receipt_of_frames(web, oldest_ms, later_ms=later_ms)
    assert not (await walked.stands()).deletion.is_confirmed
    await web.walks.erase(NAME)
    assert not (await walked.stands()).deletion.is_confirmed
    await receipt_of_alerts(web)
    assert (await walked.stands()).deletion.is_confirmed is is_confirmed


async def test_a_deployment_that_is_over_has_no_camera_that_could_pass(walked: Walked) -> None:
    await walked.web.walks.begin(NAME)
    show_cameras(walked.web, status="over")
    with pytest.raises(Conflict, match="over"):
        await walked.web.walks.conclude(NAME)
