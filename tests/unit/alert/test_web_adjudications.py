import httpx
import pytest
from tests.support.alert_desk import CROP, candidates_found, instant
from tests.support.alert_web import AlertWeb


@pytest.fixture
async def address(web: AlertWeb) -> str:
    """Return where an alert is."""
    alert = await web.desk.receive(candidates_found("search"), CROP)
    assert alert is not None
    return f"/api/v1/alerts/{alert.alert_id}"


DECISION = {"verdict": "false_alert", "confirmed": True, "outcome": "no_action"}


async def test_a_false_alert_is_answered_with_what_became_of_it(
    web: AlertWeb, client: httpx.AsyncClient, address: str
) -> None:
    web.clock.ms = 9_000
    answer = await client.post(f"{address}/adjudications", json=DECISION)
    assert answer.status_code == 200
    assert answer.json()["erased"] is True
    told = {**DECISION, "officer": "Ames", "adjudicated_at": instant(9_000).isoformat()}
    assert answer.json()["adjudication"] == told
    assert answer.json()["judgements"] == {"operator": None, "engagement_officer": told}
    assert (answer.json()["state"], answer.json()["version"]) == ("adjudicated", 1)
    assert answer.headers["ETag"] == '"1"'
    assert (await client.get(f"{address}/probe")).status_code == 410
    assert (await client.get("/api/v1/alerts")).json()["alerts"][0]["adjudication"] == told
    assert web.retired == {"transit"}


async def test_a_decision_outlives_a_restart(
    web: AlertWeb, client: httpx.AsyncClient, address: str
) -> None:
    await client.post(f"{address}/adjudications", json={**DECISION, "verdict": "true_alert"})
    await web.restart()
    async with web.client() as later:
        alert = (await later.get("/api/v1/alerts")).json()["alerts"][0]
        assert alert["adjudication"]["verdict"] == "true_alert"
        assert (await later.get(f"{address}/probe")).content == CROP


async def test_a_decision_sent_twice_is_answered_alike(
    client: httpx.AsyncClient, address: str
) -> None:
    answers = [await client.post(f"{address}/adjudications", json=DECISION) for _ in range(2)]
    assert answers[0].json() == answers[1].json()


async def test_after_a_false_alert_another_decision_is_a_conflict(
    client: httpx.AsyncClient, address: str
) -> None:
    await client.post(f"{address}/adjudications", json=DECISION)
    answer = await client.post(
        f"{address}/adjudications", json={**DECISION, "verdict": "true_alert"}
    )
    assert answer.status_code == 409
    assert "adjudicated as false" in answer.json()["detail"]


async def test_an_unknown_alert_is_not_found(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/alerts/nothing/adjudications", json=DECISION)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "match"},
        {"verdict": None},
        {"confirmed": "yes"},
        {"confirmed": 1},
        {"officer": "somebody else"},
        {"outcome": "released"},
        {"outcome": "not_engaged"},
        {"note": "the free text of an officer"},
    ],
)
async def test_what_does_not_fit_the_vocabulary_is_refused_and_decides_nothing(
    client: httpx.AsyncClient, address: str, change: dict[str, object]
) -> None:
    answer = await client.post(f"{address}/adjudications", json={**DECISION, **change})
    assert answer.status_code == 400
    assert "send verdict" in answer.json()["detail"]
    assert (await client.get(f"{address}/probe")).content == CROP


async def test_an_alert_that_nobody_engaged_may_be_unconfirmed(
    client: httpx.AsyncClient, address: str
) -> None:
    decision = {**DECISION, "confirmed": False, "outcome": "not_engaged"}
    assert (await client.post(f"{address}/adjudications", json=decision)).status_code == 200
