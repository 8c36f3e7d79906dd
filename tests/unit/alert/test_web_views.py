"""What a camera sees, over HTTP: who may look, what is audited, and that nothing is left."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from starlette.types import Message
from tests.support.alert_web import AlertWeb, alert_web, free_port, served
from tests.support.brokers import eventually
from tests.support.forgetting import CAMERA
from tests.support.looking import PICTURE, Watched
from tests.support.tokens import bearer

from lethe.alert.identity.principal import Role
from lethe.alert.ports import CameraStatus
from lethe.alert.web import cameras
from lethe.shredding.clock import instant
from lethe.shredding.trust import LocalTrust

VIEW = f"/api/v1/cameras/{CAMERA}/view"


@pytest.fixture(name="path")
def path_(trust: LocalTrust) -> Watched:
    return Watched(trust)


@pytest.fixture(name="web")
async def web_(tmp_path: Path, path: Watched) -> AsyncIterator[AlertWeb]:
    async with alert_web(tmp_path, now=lambda: instant(path.clock)) as web:
        web.holder = path.alert
        await web.restart()
        seen = CameraStatus(CAMERA, "deployment-1", "live")
        elsewhere = CameraStatus("gate-2", "deployment-2", "live")
        web.status.now = replace(web.status.now, cameras=(seen, elsewhere))
        yield web


async def shown(web: AlertWeb, path: Watched, asking: Awaitable[httpx.Response]) -> httpx.Response:
    """Return the answer to a request for which a view comes once it waits."""
    task = asyncio.ensure_future(asking)
    await eventually(lambda: bool(web.looks._waiting) or task.done())
    if not task.done():
        address, sealed = path.view()
        path.time.advance_ms(130)
        web.looks.show(address, sealed)
    return await task


async def test_the_next_picture_is_sent_with_its_age_and_kept_by_nobody(
    web: AlertWeb, path: Watched
) -> None:
    async with web.client() as client:
        answer = await shown(web, path, client.get(VIEW))
    assert (answer.status_code, answer.content) == (200, PICTURE)
    headers = answer.headers
    assert (headers["content-type"], headers["cache-control"]) == ("image/jpeg", "no-store")
    assert headers["lethe-age-ms"] == "130"
    path.alert.release_all()
    assert path.alert.holds_nothing(), "what was sent is overwritten"


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.SUPERVISOR])
async def test_a_look_is_in_the_audit_log_before_its_first_picture(
    web: AlertWeb, path: Watched, role: Role
) -> None:
    async with web.client(web.issuer.token(role, sub="Ada")) as client:
        client.headers["Lethe-Reason"] = "it was turned away"
        for _ in range(3):
            assert (await shown(web, path, client.get(VIEW))).status_code == 200
    [entry] = [each.said() for each in await web.audit.after(0, 10)]
    assert (entry["who"], entry["act"]) == ("Ada", "consultation")
    assert entry["records"] == [f"camera:{CAMERA}", "deployment:deployment-1"]
    assert entry["reason"]


@pytest.mark.parametrize("camera", ["gate-2", "nothing", "%2e%2e", "x" * 300])
async def test_a_camera_beyond_their_limits_is_not_there(web: AlertWeb, camera: str) -> None:
    token = web.issuer.token(Role.OPERATOR, deployments=["deployment-1"])
    async with web.client(token) as client:
        answer = await client.get(f"/api/v1/cameras/{camera}/view")
    assert answer.status_code == 404
    assert web.looks.cameras() == ()
    assert await web.audit.after(0, 10) == []


async def test_while_nobody_can_be_told_nobody_looks(
    web: AlertWeb, monkeypatch: pytest.MonkeyPatch, path: Watched
) -> None:
    path.told.fails = True
    monkeypatch.setattr(web.looks, "_audit", path.told)
    async with web.client() as client:
        assert (await client.get(VIEW)).status_code == 503
    assert web.looks.cameras() == ()


async def test_no_picture_comes_and_that_is_said(
    web: AlertWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cameras, "PATIENCE_S", 0.01)
    async with web.client() as client:
        answer = await client.get(VIEW)
    assert (answer.status_code, answer.content) == (204, b"")
    assert web.looks._waiting == {}


async def test_one_whose_time_is_over_is_not_sent(
    web: AlertWeb, path: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    show = web.looks.show

    def too_late(*view: object) -> None:
        show(*view)  # type: ignore[arg-type]
        path.time.advance_ms(800)
        path.alert.reap()

    monkeypatch.setattr(web.looks, "show", too_late)
    async with web.client() as client:
        answer = await shown(web, path, client.get(VIEW))
    assert (answer.status_code, answer.content) == (204, b"")


async def test_whoever_is_slow_to_take_the_head_of_an_answer_gets_no_picture(
    web: AlertWeb, path: Watched
) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)
        path.time.advance_ms(200)

    async def receive() -> Message:
        await asyncio.Event().wait()
        return {}

    waiting = web.looks.waiting("Ada", CAMERA, frozenset({"deployment-1"}))
    answer = cameras._NextView(waiting, lambda: instant(path.clock))
    scope = {"type": "http", "method": "GET", "asgi": {"spec_version": "2.4"}}
    answering = asyncio.ensure_future(answer(scope, receive, send))
    await eventually(lambda: bool(web.looks._waiting))
    web.looks.show(*path.view())
    await answering
    assert sent[0]["status"] == 200
    assert b"".join(message.get("body", b"") for message in sent) == b""
    path.alert.release_all()
    assert path.alert.holds_nothing()


async def test_another_leads_and_says_so(web: AlertWeb) -> None:
    async with web.client() as client:
        asking = asyncio.ensure_future(client.get(VIEW))
        await eventually(lambda: bool(web.looks._waiting))
        web.looks.close()
        assert (await asking).status_code == 503


async def test_nothing_is_opened_for_a_page_that_has_gone(web: AlertWeb, path: Watched) -> None:
    port = free_port()
    async with served(web.app(port), port):
        headers = bearer(web.issuer.token())
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            asking = asyncio.ensure_future(client.get(VIEW, headers=headers))
            await eventually(lambda: bool(web.looks._waiting))
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        await eventually(lambda: not web.looks._waiting)
        web.looks.show(*path.view())
        assert [n for *_, n in path.witness.live_numbers(path.alert)] == [0]
