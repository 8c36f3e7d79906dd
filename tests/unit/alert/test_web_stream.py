from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.support.alert_desk import CROP, candidates_found, instant
from tests.support.alert_web import AlertWeb, alert_web, free_port, served
from tests.support.streams import after, ending_of, open_stream, raise_alerts, until_caught_up
from tests.support.watchlists import listed
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from lethe.alert.alerts import AlertTerms
from lethe.alert.judgements import Adjudication
from lethe.contracts.adjudication import Capacity, Verdict
from lethe.contracts.live import Candidate

ABOUT = ("subject_id", "subject", "score", "cosine")
"""What tells whom an alert is about."""


def named(message: dict[str, Any]) -> list[str]:
    """Return whom an alert is about, and who else was similar, as people read it."""
    alert = message["alert"]
    return [alert["subject"], *(other["subject"] for other in alert["candidates"])]


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path, kept=8) as web:
        yield web


@pytest.fixture
async def port(web: AlertWeb) -> AsyncIterator[int]:
    port = free_port()
    async with served(web.app(port), port):
        yield port


async def test_a_client_hears_what_it_missed_and_then_what_happens(
    web: AlertWeb, port: int
) -> None:
    await raise_alerts(web, 1, 3)
    async with open_stream(port) as socket:
        await socket.send(after(web, 1))
        hello, *missed, caught_up = await until_caught_up(socket)
        at, heartbeat_s = hello.pop("at"), hello.pop("heartbeat_s")
        assert hello == {"type": "hello", "log": web.hub.log_id, "term": 1, "sequence": 3}
        assert (datetime.fromisoformat(at).tzinfo, heartbeat_s) == (UTC, 15)
        assert [(m["type"], m["sequence"]) for m in missed] == [("alert", 2), ("alert", 3)]
        assert missed[0]["alert"]["order_type"] == "local"
        assert caught_up == {"type": "caught-up", "sequence": 3}

        await raise_alerts(web, 4, 4)
        live, _ = await until_caught_up(socket)
        assert (live["type"], live["sequence"]) == ("alert", 4)


async def test_a_client_that_starts_from_now_hears_only_what_comes(
    web: AlertWeb, port: int
) -> None:
    await raise_alerts(web, 1, 2)
    async with open_stream(port) as socket:
        await socket.send(after(web, -1))
        assert [m["type"] for m in await until_caught_up(socket)] == ["hello", "caught-up"]
        await raise_alerts(web, 3, 3)
        assert (await until_caught_up(socket))[0]["sequence"] == 3


async def test_a_client_that_was_away_too_long_hears_of_the_gap(web: AlertWeb, port: int) -> None:
    await raise_alerts(web, 1, 12)
    async with open_stream(port) as socket:
        await socket.send(after(web, 1))
        _, gap, *missed, _ = await until_caught_up(socket)
        assert gap["type"] == "gap"
        assert gap["after"] == 1
        assert [m["sequence"] for m in missed] == list(range(gap["sequence"] + 1, 13))


async def test_an_erasure_is_told_so_that_pages_blank_the_pictures(
    web: AlertWeb, port: int
) -> None:
    await web.desk.receive(candidates_found("search"), CROP, AlertTerms(retention_hours=1))
    async with open_stream(port) as socket:
        await socket.send(after(web, 1))
        await until_caught_up(socket)
        await web.desk.erase_due(instant(3_600_000))
        erased, _ = await until_caught_up(socket)
        assert (erased["type"], erased["alert"]["erased"]) == ("erased", True)


async def test_whoever_resumes_after_an_erasure_is_not_told_whom_it_was_about(
    web: AlertWeb, port: int
) -> None:
    async with open_stream(port) as socket:
        await raise_alerts(web, 1, 2)
        await socket.send(after(web, 0))
        _, one, two, _ = await until_caught_up(socket)
        assert one["alert"]["subject"] == two["alert"]["subject"] != ""
    false = Adjudication(
        Verdict.FALSE_ALERT, True, None, "officer-1", instant(5_000), Capacity.ENGAGEMENT_OFFICER
    )
    await web.desk.handling.adjudicate(one["alert"]["alert_id"], false)
    async with open_stream(port) as socket:
        await socket.send(after(web, 0))
        _, *told, _ = await until_caught_up(socket)
    kinds = [(each["sequence"], each["type"]) for each in told]
    assert kinds == [(1, "alert"), (2, "alert"), (1, "adjudicated"), (1, "erased")]
    whom = [[each["alert"][key] for key in ABOUT] for each in told]
    closed, known = ["", "", None, None], [two["alert"][key] for key in ABOUT]
    assert whom == [closed, known, closed, closed]
    assert told[0]["alert"]["adjudication"]["verdict"] == "false_alert"


async def test_whoever_resumes_after_its_end_is_not_told_whom_it_was_about_before_it_is_swept(
    web: AlertWeb, port: int
) -> None:
    await web.desk.receive(candidates_found("search"), CROP, AlertTerms(retention_hours=1))
    for web.clock.ms, is_over in ((3_599_999, False), (3_600_000, True)):
        async with open_stream(port) as socket:
            await socket.send(after(web, 0))
            _, told, *_ = await until_caught_up(socket)
        assert (told["alert"]["erased"], told["alert"]["subject"] == "") == (is_over, is_over)


async def test_of_an_erased_watchlist_the_stream_tells_no_name_to_who_listens_or_resumes(
    web: AlertWeb, port: int
) -> None:
    ada, alan = [await listed(web.watchlists, each, on="watchlist-1") for each in ("Ada", "Alan")]
    other = Candidate(subject_id=alan, reference_id="reference-2", score=0.7, cosine=0.5)
    for number in (1, 2):
        found = candidates_found(f"search-{number}", subject_id=ada, others=(other,))
        await web.desk.receive(found, CROP)
    async with open_stream(port) as socket:
        await socket.send(after(web, 0))
        _, *told, _ = await until_caught_up(socket)
        assert [named(each) for each in told] == [["Ada", "Alan"]] * 2
        await web.ends.erase("watchlist-1")
        *again, _ = await until_caught_up(socket)
        assert [(each["type"], each["sequence"]) for each in again] == [
            ("sighting", 1),
            ("sighting", 2),
        ]
    async with open_stream(port) as socket:
        await socket.send(after(web, 0))
        _, *resumed, _ = await until_caught_up(socket)
    assert [named(each) for each in again + resumed] == [[ada, alan]] * 6


async def test_a_client_that_says_what_it_received_stays_connected(
    web: AlertWeb, port: int
) -> None:
    async with open_stream(port) as socket:
        await socket.send(after(web, 0))
        await until_caught_up(socket)
        await socket.send('{"delivered": 0}')
        await raise_alerts(web, 1, 1)
        await until_caught_up(socket)
        assert web.hub.connections == 1


@pytest.mark.parametrize(
    "first",
    [
        "{}",
        "[]",
        "nonsense",
        '{"after": 1, "token": 2}',
        '{"after": "1"}',
        '{"after": -2}',
        '{"after": true}',
        "9" * 4001,
    ],
)
async def test_a_client_that_does_not_say_where_to_begin_is_sent_away(
    web: AlertWeb, port: int, first: str
) -> None:
    async with open_stream(port) as socket:
        await socket.send(first)
        assert await ending_of(socket) == (1008, 'send {"after": a whole number}')
    assert web.hub.connections == 0


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
@pytest.mark.usefixtures("web")
async def test_a_page_of_another_site_cannot_listen(port: int, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with open_stream(port, origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_a_client_that_leaves_is_forgotten(web: AlertWeb, port: int) -> None:
    async with open_stream(port) as socket:
        await socket.send(after(web, 0))
        await until_caught_up(socket)
    async with open_stream(port) as other:
        await other.send(after(web, 0))
        await until_caught_up(other)
        while web.hub.connections > 1:
            await (await other.ping())


async def test_when_another_instance_leads_clients_are_sent_to_it_and_resume_there(
    web: AlertWeb, port: int
) -> None:
    await raise_alerts(web, 1, 2)
    log_id = web.hub.log_id
    async with open_stream(port) as socket:
        await socket.send(after(web, 0))
        await until_caught_up(socket)
        web.hub.close()
        assert (await ending_of(socket))[0] == 1012
    await web.restart()
    await raise_alerts(web, 3, 3)
    other = free_port()
    async with served(web.app(other), other), open_stream(other) as socket:
        await socket.send(after(web, 2))
        hello, missed, _ = await until_caught_up(socket)
        assert (hello["log"], hello["term"]) == (log_id, 2)
        assert missed["sequence"] == 3


async def test_the_pages_cookie_lets_a_client_in(web: AlertWeb, port: int) -> None:
    cookie = {"Cookie": f"lethe-session-{port}={web.issuer.token()}"}
    async with open_stream(port, additional_headers=cookie) as socket:
        await socket.send('{"after": 0}')
        assert (await until_caught_up(socket))[0]["type"] == "hello"


@pytest.mark.parametrize(
    ("changed", "code", "told"),
    [
        ({"exp": 1_000, "iat": 900}, 4401, "the token has expired; sign in again"),
        ({"aud": "other"}, 4401, "the token is for another audience"),
        ({"roles": ["auditor"]}, 4403, "your role doesn't allow this"),
    ],
)
async def test_who_may_not_listen_hears_why_and_nothing_else(
    web: AlertWeb, port: int, changed: dict[str, Any], code: int, told: str
) -> None:
    await raise_alerts(web, 1, 1)
    async with open_stream(port) as socket:
        await socket.send(after(web, 0, web.issuer.token(**changed)))
        closed = await ending_of(socket)
    assert (closed[0], closed[1][: len(told)]) == (code, told)
    assert web.hub.connections == 0


async def test_without_a_token_nobody_listens_also_with_one_in_the_address(
    web: AlertWeb, port: int
) -> None:
    await raise_alerts(web, 1, 1)
    address = f"ws://127.0.0.1:{port}/api/v1/alerts/stream?token={web.issuer.token()}"
    async with connect(address, proxy=None) as socket:
        await socket.send('{"after": 0}')
        assert (await ending_of(socket))[0] == 4401


async def test_a_binary_message_is_none_of_the_streams(web: AlertWeb, port: int) -> None:
    async with open_stream(port) as socket:
        await socket.send(after(web, 0).encode())
        assert (await ending_of(socket))[0] == 1008


@pytest.mark.parametrize("limits", [{"deployments": ["deployment-1"]}, {"areas": ["north"]}])
async def test_an_officer_hears_of_their_deployments_only(
    web: AlertWeb, port: int, limits: dict[str, Any]
) -> None:
    async def receive(number: int, deployment_id: str) -> None:
        found = candidates_found(f"search-{number}", deployment_id=deployment_id)
        await web.desk.receive(found, CROP)

    for number, deployment_id in ((1, "deployment-2"), (2, "deployment-1"), (3, "deployment-2")):
        await receive(number, deployment_id)
    async with open_stream(port) as socket:
        await socket.send(after(web, 0, web.issuer.token(**limits)))
        _, alert, caught_up = await until_caught_up(socket)
        assert (alert["sequence"], alert["alert"]["deployment_id"]) == (2, "deployment-1")
        # So that it resumes behind what isn't for it.
        assert caught_up["sequence"] == 3
        await receive(4, "deployment-2")
        await receive(5, "deployment-1")
        heard: list[dict[str, Any]] = []
        while not any(message.get("sequence") == 5 for message in heard):
            heard += await until_caught_up(socket)
        assert [m["sequence"] for m in heard if m["type"] == "alert"] == [5]
