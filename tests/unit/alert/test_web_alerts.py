from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.alert_desk import CROP, FIGURE, candidates_found, instant
from tests.support.alert_web import AlertWeb
from tests.support.keyrings import jam
from tests.support.watchlists import details, pictured

from lethe.alert.alerts import Alert, AlertTerms
from lethe.alert.erasing import key_name
from lethe.alert.judgements import Adjudication
from lethe.alert.watchlists.subject import NO_FLAGS
from lethe.contracts.adjudication import Capacity, Verdict
from lethe.contracts.headings import Heading
from lethe.contracts.live import Candidate

NOBODY: list[Any] = ["", "", None, None, []]
PORTRAIT = b"\x89PNG\r\n\x1a\n a portrait"


def told_of(alert: dict[str, Any]) -> list[Any]:
    """Return what tells whom an alert is about."""
    return [alert[key] for key in ("subject_id", "subject", "score", "cosine", "candidates")]


async def _raise(
    web: AlertWeb, search_id: str = "search", others: tuple[Candidate, ...] = ()
) -> Alert:
    reference = await pictured(web.watchlists, "Ada Lovelace", PORTRAIT)
    web.clock.ms = 220
    found = candidates_found(
        search_id,
        at_ms=100,
        subject_id=reference.subject_id,
        reference_id=reference.reference_id,
        others=others,
    )
    alert = await web.desk.receive(found, CROP, AlertTerms(retention_hours=1))
    assert alert is not None
    return alert


async def test_an_alert_is_told_with_everything_an_officer_weighs(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    web.status.zones["deployment-1"] = "the north gate"
    alert = await _raise(web)
    answer = await client.get("/api/v1/alerts")
    assert answer.json() == {
        "last_sequence": 1,
        "alerts": [
            {
                "alert_id": alert.alert_id,
                "sequence": 1,
                "deployment_id": "deployment-1",
                "order_type": "local",
                "area": "north",
                "zone": "the north gate",
                "camera_id": "entrance",
                "subject_id": alert.subject_id,
                "subject": "Ada Lovelace",
                "score": 0.83,
                "cosine": 0.61,
                "withdrawn": False,
                "threshold": 0.6,
                "captured_at": instant(100).isoformat(),
                "published_at": instant(220).isoformat(),
                "latency_ms": 120.0,
                "sightings": 1,
                "last_sighting_at": instant(100).isoformat(),
                "kept_sightings": None,
                "heading": None,
                "references": 1,
                "erased": False,
                "state": "raised",
                "version": 0,
                "acknowledged": None,
                "claim": None,
                "adjudication": None,
                "judgements": {"operator": None, "engagement_officer": None},
                "candidates": [],
                "rehearsal": False,
                "is_child": False,
                "is_vulnerable": False,
                "warning_markers": [],
                "delivered": False,
            }
        ],
    }


async def test_alerts_are_read_page_by_page(web: AlertWeb, client: httpx.AsyncClient) -> None:
    for number in range(5):
        await _raise(web, f"search-{number}")
    page = (await client.get("/api/v1/alerts?after=2&limit=2")).json()
    assert [alert["sequence"] for alert in page["alerts"]] == [3, 4]
    for query, expected in (
        ("before=4&limit=2", [2, 3]),
        ("before=1", []),
        ("before=9", [1, 2, 3, 4, 5]),
    ):
        page = (await client.get(f"/api/v1/alerts?{query}")).json()
        assert [alert["sequence"] for alert in page["alerts"]] == expected
    lone = await client.get("/api/v1/alerts?open=true")
    assert (lone.status_code, lone.json()["detail"]) == (400, "send open with before only")
    both = await client.get("/api/v1/alerts?before=4&after=1")
    assert (both.status_code, both.json()["detail"]) == (400, "send after or before, not both")
    empty = (await client.get("/api/v1/alerts?limit=0")).json()
    assert empty == {"alerts": [], "last_sequence": 5}


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "limit=1001", "limit=-1", "after=1e3", "before=-1"]
)
async def test_a_page_that_makes_no_sense_is_refused(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"/api/v1/alerts?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert "must be a whole number" in answer.json()["detail"]


async def test_both_pictures_are_served_as_what_they_are_and_never_kept(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    alert = await _raise(web)
    probe = await client.get(f"/api/v1/alerts/{alert.alert_id}/probe")
    reference = await client.get(f"/api/v1/alerts/{alert.alert_id}/reference")
    assert (probe.content, probe.headers["content-type"]) == (CROP, "image/jpeg")
    assert (reference.content, reference.headers["content-type"]) == (PORTRAIT, "image/png")
    for picture in (probe, reference):
        assert picture.headers["cache-control"] == "no-store"
        assert picture.headers["x-content-type-options"] == "nosniff"


async def test_the_closest_images_of_a_subject_are_served_each_and_each_look_is_audited(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    images = [PORTRAIT + bytes([number]) for number in range(4)]
    ids = [(await pictured(web.watchlists, "Ada", each)).reference_id for each in images]
    found = candidates_found("search", reference_id=ids[0], further=tuple(ids[1:]))
    alert = await web.desk.receive(found, CROP)
    assert alert is not None
    address = f"/api/v1/alerts/{alert.alert_id}"
    # However many match tells of, three are what somebody can hold a face against.
    assert (await client.get(address)).json()["references"] == 3
    for place, image in enumerate(images[:3], start=1):
        assert (await client.get(f"{address}/reference?place={place}")).content == image
    assert (await client.get(f"{address}/reference")).content == images[0]
    told = [each.said() for each in await web.audit.after(0, 1000)]
    looked = [each["records"] for each in told if each["act"] == "consultation"]
    looks = [[f"alert:{alert.alert_id}", f"reference:{each}"] for each in ids]
    assert [looked.count(look) for look in looks] == [2, 1, 1, 0]
    for wrong in ("0", "4", "x"):
        answer = await client.get(f"{address}/reference?place={wrong}")
        assert answer.status_code == 400


async def test_an_alert_has_no_more_images_than_its_subject(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    alert = await _raise(web)
    answer = await client.get(f"/api/v1/alerts/{alert.alert_id}/reference?place=2")
    assert answer.status_code == 404


async def test_the_upper_body_is_served_as_long_as_the_face(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    found = candidates_found("search-1", heading=Heading.TOWARDS_LEFT)
    alert = await web.desk.receive(found, CROP, figure=FIGURE)
    assert alert is not None
    address = f"/api/v1/alerts/{alert.alert_id}"
    assert (await client.get(address)).json()["heading"] == "towards_left"
    figure = await client.get(f"{address}/figure")
    assert (figure.content, figure.headers["content-type"]) == (FIGURE, "image/jpeg")
    assert figure.headers["cache-control"] == "no-store"
    faceless = await _raise(web, "search-2")
    assert (await client.get(f"/api/v1/alerts/{faceless.alert_id}/figure")).status_code == 404


async def test_an_officer_is_told_what_they_need_of_a_subject_and_nothing_else(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    alert = await _raise(web)
    answer = await client.get(f"/api/v1/alerts/{alert.alert_id}/subject")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "name": "Ada Lovelace",
        "category": "wanted on warrant",
        "grounds": "failed to appear at Northtown court",
        "instructions": "",
        "conditions": "",
        "warning_markers": [],
        "is_child": False,
        "is_vulnerable": False,
    }


async def test_after_its_retention_both_pictures_are_gone(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    alert = await _raise(web)
    await web.desk.erase_due(instant(3_600_100))
    for picture in ("probe", "reference", "subject"):
        answer = await client.get(f"/api/v1/alerts/{alert.alert_id}/{picture}")
        assert answer.status_code == 410
        assert answer.json()["title"] == "Gone"
    [shown] = (await client.get("/api/v1/alerts")).json()["alerts"]
    assert (shown["erased"], told_of(shown)) == (True, NOBODY)


async def test_of_a_false_alert_nobody_is_told_though_its_key_cannot_be_destroyed(
    web: AlertWeb, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    other = Candidate(subject_id="subject-2", reference_id="r", score=0.7, cosine=0.5)
    alert = await _raise(web, others=(other,))
    jam(tmp_path / "keys", key_name(alert.alert_id))
    made = Adjudication(
        Verdict.FALSE_ALERT, True, None, "A", instant(300), Capacity.ENGAGEMENT_OFFICER
    )
    await web.desk.handling.adjudicate(alert.alert_id, made)
    shown = (await client.get(f"/api/v1/alerts/{alert.alert_id}")).json()
    assert (shown["erased"], told_of(shown)) == (False, NOBODY)
    assert shown["references"] == 0
    for part in ("probe", "reference", "reference?place=2", "subject"):
        answer = await client.get(f"/api/v1/alerts/{alert.alert_id}/{part}")
        assert (answer.status_code, "Lovelace" in answer.text) == (410, False)


async def test_from_the_moment_of_its_end_nobody_is_told_of_an_alert_whatever_is_late(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    alert = await _raise(web)
    web.clock.ms = 100 + 3_600_000 - 1
    assert (await client.get(f"/api/v1/alerts/{alert.alert_id}")).json()["erased"] is False
    web.clock.ms += 1
    (listed,) = (await client.get("/api/v1/alerts")).json()["alerts"]
    shown = (await client.get(f"/api/v1/alerts/{alert.alert_id}")).json()
    acknowledged = await client.post(f"/api/v1/alerts/{alert.alert_id}/acknowledgement")
    for told in (listed, shown, acknowledged.json()):
        assert (told["erased"], told_of(told)) == (True, NOBODY)
    for part in ("probe", "reference", "subject"):
        answer = await client.get(f"/api/v1/alerts/{alert.alert_id}/{part}")
        assert (answer.status_code, "Lovelace" in answer.text) == (410, False)


async def test_an_unknown_alert_is_a_404_problem(client: httpx.AsyncClient) -> None:
    for path in ("/api/v1/alerts/nothing/probe", "/api/v1/nothing"):
        answer = await client.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


async def test_what_to_beware_of_is_told_with_the_alert_until_nobody_is_named(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    alert = await _raise(web)
    flags = {"is_child": True, "is_vulnerable": True, "warning_markers": ("may be armed",)}
    subjects = web.watchlists.subjects
    await subjects.edit("watchlist-1", alert.subject_id, details("Ada Lovelace", **flags), 1)

    async def told() -> list[Any]:
        found = (await client.get(f"/api/v1/alerts/{alert.alert_id}")).json()
        return [found[name] for name in flags]

    assert await told() == [True, True, ["may be armed"]]
    # A restart reads them from the list, and whoever forgets the list forgets them.
    await web.restart()
    assert web.watchlists.flags_of("watchlist-1", alert.subject_id).is_child
    web.watchlists.forget("watchlist-1")
    assert web.watchlists.flags_of("watchlist-1", alert.subject_id) == NO_FLAGS


async def test_a_closed_alert_tells_nothing_to_beware_of(
    web: AlertWeb, client: httpx.AsyncClient
) -> None:
    alert = await _raise(web)
    subjects = web.watchlists.subjects
    await subjects.edit("watchlist-1", alert.subject_id, details("Ada Lovelace", is_child=True), 1)
    false = Adjudication(
        Verdict.FALSE_ALERT, True, None, "B", instant(900), Capacity.ENGAGEMENT_OFFICER
    )
    await web.desk.handling.adjudicate(alert.alert_id, false)
    told = (await client.get(f"/api/v1/alerts/{alert.alert_id}")).json()
    assert (told["is_child"], told["warning_markers"]) == (False, [])
