"""Alerts about somebody who is withdrawn are marked so, wherever they are read."""

from typing import Any

from tests.support.alert_desk import CROP, candidates_found
from tests.support.alert_web import AlertWeb
from tests.support.streams import message_in

from lethe.alert.web.rendering import EventRenderer
from lethe.contracts.adjudication import Verdict
from lethe.contracts.live import Candidate

OTHER = Candidate(subject_id="subject-2", reference_id="reference-2", score=0.7, cosine=0.5)


async def raised(web: AlertWeb, search: str, **found: Any) -> str:
    alert = await web.desk.receive(candidates_found(search, **found), CROP)
    assert alert is not None
    return alert.alert_id


async def read(web: AlertWeb) -> list[dict[str, Any]]:
    async with web.client() as client:
        return list((await client.get("/api/v1/alerts")).json()["alerts"])


async def test_open_alerts_about_them_are_marked_and_others_are_not(web: AlertWeb) -> None:
    await raised(web, "a")
    await raised(web, "b", subject_id="subject-3", others=(OTHER,))
    assert [alert["withdrawn"] for alert in await read(web)] == [False, False]
    web.withdraw("subject-1", "subject-2")
    first, second = await read(web)
    assert (first["withdrawn"], second["withdrawn"]) == (True, False)
    assert [each["withdrawn"] for each in second["candidates"]] == [True]
    async with web.client() as client:
        one = (await client.get(f"/api/v1/alerts/{first['alert_id']}")).json()
    assert one["withdrawn"]


async def test_of_a_closed_alert_it_is_not_told(web: AlertWeb) -> None:
    alert_id = await raised(web, "a")
    web.withdraw("subject-1")
    async with web.client() as client:
        said = {"verdict": Verdict.FALSE_ALERT, "confirmed": False}
        answer = await client.post(f"/api/v1/alerts/{alert_id}/adjudications", json=said)
    assert answer.status_code == 200
    assert [alert["withdrawn"] for alert in await read(web)] == [False]


async def test_the_stream_tells_open_alerts_about_them_again(web: AlertWeb) -> None:
    renderer = EventRenderer(web.views())
    await raised(web, "a")
    await raised(web, "b", subject_id="subject-3", others=(OTHER,))
    await raised(web, "c", subject_id="subject-4")
    listening = web.hub.subscribe(0)
    before = [message_in(renderer.render(event)) for event in listening.take()]
    assert not any(each["alert"]["withdrawn"] for each in before)
    web.withdraw("subject-1", "subject-2")
    told = [message_in(renderer.render(event)) for event in listening.take()]
    assert [(each["type"], each["sequence"]) for each in told] == [("sighting", 1), ("sighting", 2)]
    assert [each["alert"]["withdrawn"] for each in told] == [True, False]
    again = [message_in(renderer.render(event)) for event in web.hub.subscribe(0).take()]
    assert again[0]["type"] == "alert"
    assert again[0]["alert"]["withdrawn"], "what was rendered before is not told any more"


async def test_neither_closed_alerts_nor_those_of_other_deployments_are_told_again(
    web: AlertWeb,
) -> None:
    await raised(web, "a", deployment_id="deployment-2")
    closed = await raised(web, "b")
    async with web.client() as client:
        said = {"verdict": Verdict.FALSE_ALERT, "confirmed": False}
        answer = await client.post(f"/api/v1/alerts/{closed}/adjudications", json=said)
    assert answer.status_code == 200
    listening = web.hub.subscribe(-1)
    web.hub.tell_withdrawn("deployment-1", ["subject-1"])
    web.hub.tell_withdrawn("deployment-2", [])
    assert listening.take() == []
