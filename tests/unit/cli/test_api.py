"""The client of the alert service."""

from typing import Any

import httpx
import pytest

from lethe.cli.errors import StackFailed
from lethe.cli.session.api import AlertApi
from lethe.cli.watchlist.api import WatchlistApi
from lethe.contracts.errors import InvalidInput


def alert_of(sequence: int) -> dict[str, Any]:
    return {
        "sequence": sequence,
        "alert": {
            "alert_id": f"alert-{sequence}",
            "camera_id": "camera-1",
            "subject": "Ann",
            "score": 0.8,
            "cosine": 0.6,
            "captured_at": "2026-01-01T00:00:00.000Z",
            "published_at": "2026-01-01T00:00:00.100Z",
            "latency_ms": 100.0,
        },
    }


def paged(total: int) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        after, limit = (int(request.url.params[key]) for key in ("after", "limit"))
        page = [alert_of(n) for n in range(after + 1, min(total, after + limit) + 1)]
        return httpx.Response(200, json={"alerts": page})

    return httpx.MockTransport(answer)


async def test_alerts_are_read_over_pages() -> None:
    async with AlertApi("http://alert", lambda: "token", paged(2_500)) as api:
        alerts, last = await api.alerts_after(100)
        assert len(alerts) == 2_400
        assert last == 2_500
        assert await api.last_sequence() == 2_500


async def test_a_service_that_is_being_started_again_is_asked_again() -> None:
    failures = iter([httpx.ConnectError("down"), httpx.ReadError("reset")])

    def answer(_request: httpx.Request) -> httpx.Response:
        for failure in failures:
            raise failure
        return httpx.Response(201)

    async with AlertApi("http://alert", lambda: "token", httpx.MockTransport(answer)) as api:
        await WatchlistApi(api, "w").register()
    assert next(failures, None) is None


async def test_while_another_instance_takes_over_a_call_is_repeated() -> None:
    answers = iter([httpx.Response(503, json={"detail": "alert-2 leads"}), httpx.Response(201)])

    async with AlertApi(
        "http://alert", lambda: "token", httpx.MockTransport(lambda _: next(answers))
    ) as api:
        await WatchlistApi(api, "w").register()
    assert next(answers, None) is None


async def test_a_look_at_alerts_that_nobody_answers_for_is_over_at_once() -> None:
    answers = iter([httpx.Response(503, json={"detail": "alert-2 leads"})])

    async with AlertApi(
        "http://alert", lambda: "token", httpx.MockTransport(lambda _: next(answers))
    ) as api:
        with pytest.raises(StackFailed, match="503"):
            await api.alerts_after(0)


async def test_a_look_at_alerts_is_not_repeated() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("down")

    async with AlertApi("http://alert", lambda: "token", httpx.MockTransport(answer)) as api:
        with pytest.raises(StackFailed, match=r"nothing is heard at http://alert; .*--alert-url"):
            await api.alerts_after(0)


async def test_an_alert_that_is_there_and_silent_is_told_apart() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow")

    async with AlertApi("http://alert", lambda: "token", httpx.MockTransport(answer)) as api:
        with pytest.raises(StackFailed, match=r"alert at http://alert doesn't answer \(Read"):
            await api.alerts_after(0)


async def test_a_refusal_is_told_with_its_reason() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(409, json={"detail": "it is there"}))
    async with AlertApi("http://alert", lambda: "token", transport) as api:
        with pytest.raises(InvalidInput, match="it is there"):
            await WatchlistApi(api, "w").register()
