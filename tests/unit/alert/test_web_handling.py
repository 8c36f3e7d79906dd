"""How officers acknowledge, claim and decide over HTTP, several of them at once."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from tests.support.alert_desk import CROP, candidates_found, instant
from tests.support.alert_web import AlertWeb, alert_web

from lethe.alert.identity.principal import Role


@pytest.fixture(name="web")
async def web_(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path) as web:
        yield web


@pytest.fixture(name="address")
async def address_(web: AlertWeb) -> str:
    alert = await web.desk.receive(candidates_found("search"), CROP)
    assert alert is not None
    return f"/api/v1/alerts/{alert.alert_id}"


@pytest.fixture(name="people")
async def people_(web: AlertWeb) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """Return Olga, an operator, and the officers Birch and Cole."""
    roles = {"Olga": Role.OPERATOR, "Birch": Role.ENGAGEMENT_OFFICER}
    roles["Cole"] = Role.ENGAGEMENT_OFFICER
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(web.client(web.issuer.token(role, sub=name)))
            for name, role in roles.items()
        }


TRUE = {"verdict": "true_alert", "confirmed": False}
FALSE = {"verdict": "false_alert", "confirmed": False}


async def test_an_alert_tells_how_far_it_has_come_and_outlives_a_restart(
    web: AlertWeb, people: dict[str, httpx.AsyncClient], address: str
) -> None:
    assert (await people["Olga"].get(address)).json()["state"] == "raised"
    web.clock.ms = 1_000
    seen = await people["Olga"].post(f"{address}/acknowledgement")
    assert (seen.status_code, seen.headers["ETag"]) == (200, '"1"')
    claimed = await people["Birch"].post(f"{address}/claim", headers={"If-Match": '"1"'})
    assert (claimed.status_code, claimed.headers["ETag"]) == (200, '"2"')
    await web.restart()
    async with web.client() as later:
        alert = (await later.get(address)).json()
    assert alert["state"] == "claimed"
    assert alert["acknowledged"] == {"officer": "Olga", "at": instant(1_000).isoformat()}
    assert alert["claim"] == {"officer": "Birch", "at": instant(1_000).isoformat()}


async def test_both_judgements_are_recorded_and_the_officers_counts(
    people: dict[str, httpx.AsyncClient], address: str
) -> None:
    await people["Birch"].post(f"{address}/claim")
    opinion = (await people["Olga"].post(f"{address}/adjudications", json=FALSE)).json()
    assert (opinion["adjudication"], opinion["erased"]) == (None, False)
    final = (await people["Birch"].post(f"{address}/adjudications", json=TRUE)).json()
    assert final["adjudication"]["officer"] == "Birch"
    officers = {who: made["officer"] for who, made in final["judgements"].items()}
    assert officers == {"operator": "Olga", "engagement_officer": "Birch"}
    refused = await people["Olga"].post(f"{address}/adjudications", json=TRUE)
    assert refused.status_code == 409
    assert "final" in refused.json()["detail"]


async def test_two_officers_who_decide_at_once_do_not_overwrite_each_other(
    people: dict[str, httpx.AsyncClient], address: str
) -> None:
    tag = (await people["Birch"].get(address)).headers["ETag"]
    path, headers = f"{address}/adjudications", {"If-Match": tag}
    first = await people["Birch"].post(path, json=TRUE, headers=headers)
    second = await people["Cole"].post(path, json=FALSE, headers=headers)
    assert (first.status_code, second.status_code) == (200, 412)
    assert "meanwhile" in second.json()["detail"]
    assert (await people["Cole"].get(address)).json()["adjudication"]["officer"] == "Birch"
    again = await people["Birch"].post(path, json=TRUE, headers=headers)
    assert again.json() == first.json()


@pytest.mark.parametrize("wrong", ["3", '"-1"', '"a"', "*", '"1", "2"', 'W/"1"', ""])
async def test_what_is_no_version_is_refused(
    people: dict[str, httpx.AsyncClient], address: str, wrong: str
) -> None:
    headers = {"If-Match": wrong}
    answer = await people["Birch"].post(f"{address}/claim", headers=headers)
    assert answer.status_code == 400
    assert "If-Match" in answer.json()["detail"]
    assert (await people["Birch"].get(address)).json()["claim"] is None


async def test_an_erased_alert_is_neither_claimed_nor_judged_again(
    people: dict[str, httpx.AsyncClient], address: str
) -> None:
    closed = await people["Olga"].post(f"{address}/adjudications", json=FALSE)
    assert closed.json()["erased"] is True
    for path in ("acknowledgement", "claim"):
        assert (await people["Birch"].post(f"{address}/{path}")).status_code == 409
    answer = await people["Birch"].post(f"{address}/adjudications", json=TRUE)
    assert answer.status_code == 409


async def test_an_officer_hands_back_and_another_goes(
    web: AlertWeb, people: dict[str, httpx.AsyncClient], address: str
) -> None:
    path = f"{address}/claim"
    tag = (await people["Birch"].post(path)).headers["ETag"]
    assert (await people["Olga"].delete(path)).status_code == 403
    refused = await people["Cole"].delete(path, headers={"If-Match": tag})
    assert refused.status_code == 409
    assert "Birch is going" in refused.json()["detail"]
    stale = await people["Birch"].delete(path, headers={"If-Match": '"0"'})
    assert stale.status_code == 412
    free = await people["Birch"].delete(path, headers={"If-Match": tag})
    assert (free.status_code, free.headers["ETag"]) == (200, '"2"')
    assert (free.json()["claim"], free.json()["state"]) == (None, "acknowledged")
    entry = (await web.audit.after(web.audit.size - 1, 1))[0].said()
    assert (entry["who"], entry["why"]) == ("Birch", "a claim of an alert was handed back")
    assert (await people["Cole"].post(path)).json()["claim"]["officer"] == "Cole"
