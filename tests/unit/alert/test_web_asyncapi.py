"""The stream's description is the committed one, and says what is really sent."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.applications import Starlette
from starlette.routing import Mount
from tests.support.alert_desk import CROP, candidates_found, instant
from tests.support.alert_web import AlertWeb, alert_web, free_port, served
from tests.support.brokers import eventually
from tests.support.markdown import ROOT, page
from tests.support.streams import after, ending_of, limited, open_stream, until_caught_up
from tools.async_api import FILE, rendered
from websockets.asyncio.client import connect

from lethe.alert.hub import EventKind
from lethe.alert.judgements import Adjudication
from lethe.alert.web.messages import CLOSE_CODES
from lethe.contracts.adjudication import Capacity, Verdict


@pytest.fixture(name="web")
async def web_(tmp_path: Path) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path, kept=8) as web:
        yield web


@pytest.fixture(name="document")
async def document_(web: AlertWeb) -> dict[str, Any]:
    async with web.client() as client:
        del client.headers["Authorization"]
        answer = await client.get("/api/v1/asyncapi.json")
    document: dict[str, Any] = answer.json()
    return document


def validator(document: dict[str, Any], message: str) -> Draft202012Validator:
    payload = document["components"]["messages"][message]["payload"]
    return Draft202012Validator(document | payload)


def test_the_committed_document_is_the_generated_one() -> None:
    told = "python -m tools.async_api writes it anew"
    assert (ROOT / FILE).read_text() == rendered(), told


def test_the_reference_tells_every_message_and_every_close_code() -> None:
    told = page("docs/reference/api.md").text
    types = {"hello", "gap", "caught-up", "heartbeat", *map(str, EventKind)}
    assert {word for word in types if f"`{word}`" not in told} == set()
    rows = [f"| {code} | {meaning} |" for code, meaning in CLOSE_CODES.items()]
    assert [row for row in rows if row not in told] == []


async def test_what_it_refers_to_is_there(document: dict[str, Any]) -> None:
    def at(reference: str) -> object:
        found: Any = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        return found

    text = json.dumps(document)
    references = {piece.split('"')[0] for piece in text.split('"$ref": "')[1:]}
    assert len(references) > 20
    assert all(at(reference) for reference in references)
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


async def test_every_message_that_is_sent_is_as_described(
    web: AlertWeb, document: dict[str, Any]
) -> None:
    for number in range(12):
        await web.desk.receive(candidates_found(f"search-{number}"), CROP)
    port, kinds = free_port(), set()
    names = {"hello": "Hello", "gap": "GapMarker", "caught-up": "CaughtUp"}
    async with (
        served(web.app(port), port),
        connect(f"ws://127.0.0.1:{port}/api/v1/alerts/stream", proxy=None) as socket,
    ):
        begin = {"after": 1, "token": web.issuer.token()}
        assert validator(document, "Begin").is_valid(begin)
        await socket.send(json.dumps(begin))
        handling = web.desk.handling
        [alert] = await web.desk.after(11, 1)
        await handling.acknowledge(alert.alert_id, "Ames")
        await handling.claim(alert.alert_id, "Birch")
        await handling.release(alert.alert_id, "Birch")
        false = Adjudication(
            Verdict.FALSE_ALERT, True, None, "Birch", instant(1), Capacity.ENGAGEMENT_OFFICER
        )
        await handling.adjudicate(alert.alert_id, false)
        while "erased" not in kinds:
            message = json.loads(await socket.recv())
            kinds.add(message["type"])
            validator(document, names.get(message["type"], "AlertEvent")).validate(message)
    assert kinds >= {
        "hello",
        "gap",
        "alert",
        "acknowledged",
        "claimed",
        "released",
        "adjudicated",
        "erased",
    }


async def test_what_is_told_though_nothing_happens_and_what_a_client_says_is_as_described(
    web: AlertWeb, document: dict[str, Any]
) -> None:
    alert = await web.desk.receive(candidates_found("search"), CROP)
    assert alert is not None
    web.withdraw(alert.subject_id)
    port = free_port()
    names = {"hello": "Hello", "caught-up": "CaughtUp", "heartbeat": "Heartbeat"}
    seen: dict[str, dict[str, Any]] = {}
    routes = [Mount("/api/v1", routes=limited(web, heartbeat_s=0.01).routes())]
    async with served(Starlette(routes=routes), port), open_stream(port) as socket:
        await socket.send(after(web, 0))
        while "heartbeat" not in seen:
            message = json.loads(await socket.recv())
            seen[message["type"]] = message
            validator(document, names.get(message["type"], "AlertEvent")).validate(message)
        assert set(seen) == {*names, "alert", "sighting"}
        delivered = {"delivered": seen["caught-up"]["sequence"]}
        validator(document, "Delivered").validate(delivered)
        await socket.send(json.dumps(delivered))
        await eventually(lambda: web.hub.deliveries.reached().received == 1)


@pytest.mark.parametrize("wrong", [{}, {"delivered": "1"}, {"delivered": -1}, {"delivered": 1.5}])
async def test_what_is_no_word_of_a_client_is_described_as_none_and_ends_the_connection(
    web: AlertWeb, wrong: dict[str, Any]
) -> None:
    assert not validator(json.loads(rendered()), "Delivered").is_valid(wrong)
    port = free_port()
    async with served(web.app(port), port), open_stream(port) as socket:
        await socket.send(after(web, 0))
        await until_caught_up(socket)
        await socket.send(json.dumps(wrong))
        assert (await ending_of(socket))[0] == 1008


def test_who_listens_says_who_they_are_in_one_of_the_ways_described() -> None:
    document = json.loads(rendered())
    schemes = document["components"]["securitySchemes"]
    assert set(schemes) == {"token", "cookie"}
    named = [{"$ref": f"#/components/securitySchemes/{name}"} for name in schemes]
    assert [each["security"] for each in document["operations"].values()] == [named, named]
    assert "token" in document["components"]["schemas"]["Begin"]["properties"]


@pytest.mark.parametrize("wrong", [{}, {"after": "1"}, {"after": -2}, {"after": 1.5}])
def test_what_is_no_beginning_is_described_as_none(wrong: dict[str, Any]) -> None:
    document = json.loads(rendered())
    assert not validator(document, "Begin").is_valid(wrong)
