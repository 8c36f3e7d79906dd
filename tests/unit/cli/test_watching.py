"""When a run is over, what is shown of it, and which purge is asked."""

import asyncio
import json
import math

import httpx
import pytest

from lethe.cli.errors import Interrupted
from lethe.cli.live.account import Account, AccountReader
from lethe.cli.live.snapshot import Rate, Snapshot
from lethe.cli.live.table import plain_line
from lethe.cli.live.terminal import Terminal
from lethe.cli.session.watching import EndCondition
from lethe.cli.stopping import StopRequest


def account_of(*, ended: bool = True, settled: bool = True) -> Account:
    return Account.model_validate(
        {
            "frames": {"offered": 12, "captured": 12, "processed": 11, "expired": 1},
            "faces": {"seen": 30, "probes": 20},
            "erasure_age_ms": {"p50": 88.4, "p99": 201.2, "max": 250.0},
            "unerased": 3,
            "settled": settled,
            "cameras": {"camera-1": {"ended": True}, "camera-2": {"ended": ended}},
        }
    )


def snapshot_of(account: Account | None, running_s: float = 65.0) -> Snapshot:
    return Snapshot("http://127.0.0.1:8080", running_s, account, 23.9, 2)


def test_a_run_ends_after_its_seconds() -> None:
    end = EndCondition(seconds=30.0)
    assert not end.is_met(29.9, None)
    assert end.is_met(30.0, None)
    assert end.remaining_s(29.75) == 0.25


def test_a_run_once_ends_when_every_camera_has_ended_and_all_is_accounted_for() -> None:
    end = EndCondition(cameras=("camera-1", "camera-2"))
    assert end.is_met(1.0, account_of())
    assert not end.is_met(1.0, account_of(ended=False))
    assert not end.is_met(1.0, account_of(settled=False))
    assert not end.is_met(1.0, None)


def test_a_camera_that_was_not_heard_of_has_not_ended() -> None:
    assert not EndCondition(cameras=("camera-3",)).is_met(1.0, account_of())


def test_a_run_without_an_end_goes_on() -> None:
    assert not EndCondition().is_met(1e6, account_of())


def test_the_plain_line_tells_the_figures() -> None:
    line = plain_line(snapshot_of(account_of()))
    assert line.startswith("0:01:05 23.9 frames/s, 30 faces, 2 alerts")
    assert "p50 88 ms p99 201 ms max 250 ms, 3 unerased" in line


def test_a_plain_line_is_told_every_five_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(headless=True)
    for running_s in (0.0, 1.0, 4.9, 5.0, 6.0):
        terminal.show(snapshot_of(account_of(), running_s))
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_while_no_purge_answers_that_is_told() -> None:
    assert "no account" in plain_line(snapshot_of(None))


def test_the_rate_is_that_of_the_last_seconds() -> None:
    rate = Rate(over_s=5.0)
    found = [rate.update(float(second), second * 24) for second in range(10)]
    assert found[0] == 0.0
    assert found[-1] == pytest.approx(24.0)


def test_a_counter_that_begins_again_gives_no_negative_rate() -> None:
    rate = Rate()
    rate.update(0.0, 1000)
    assert rate.update(1.0, 5) == 0.0


async def test_the_purge_that_has_counted_longest_is_believed() -> None:
    accounts = {
        "one": {"since": "2026-01-01T00:00:09.000Z", "unerased": 1},
        "two": {"since": "2026-01-01T00:00:01.000Z", "unerased": 2},
    }
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, content=json.dumps(accounts[request.url.host]))
    )
    reader = AccountReader(["http://one", "http://two", "http://one"], transport)
    account = await reader.read()
    await reader.close()
    assert account is not None
    assert account.unerased == 2


async def test_a_purge_that_doesnt_answer_gives_no_account() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(503))
    reader = AccountReader(["http://one"], transport)
    assert await reader.read() is None
    await reader.close()


async def test_a_request_to_stop_breaks_off_what_comes_before_the_watching() -> None:
    stop = StopRequest()
    asyncio.get_running_loop().call_soon(stop.request)
    with pytest.raises(Interrupted):
        await stop.during(asyncio.Event().wait())


async def test_the_second_request_is_the_impatient_one() -> None:
    stop, impatient = StopRequest(), []
    stop.on_second = lambda: impatient.append(1)
    stop.request()
    assert impatient == []
    assert await stop.wait(0.0)
    stop.request()
    assert impatient == [1]


async def test_waiting_without_a_request_ends_in_time() -> None:
    assert not await StopRequest().wait(0.0)


async def test_after_a_request_each_part_gets_what_is_left_of_one_deadline() -> None:
    stop = StopRequest()
    assert stop.left_s(2.0, 9.0) == 9.0
    stop.request()
    stop._at_s -= 1.5
    assert 0.0 < stop.left_s(2.0, 9.0) <= 0.5
    assert stop.left_s(60.0, 9.0) == 9.0
    assert stop.left_s(1.0, 9.0) == 0.0
    began_at_s = stop._at_s
    stop.request()
    assert stop._at_s == began_at_s, "impatience gives no more time"


async def test_a_request_breaks_off_what_is_under_way_when_its_time_is_up() -> None:
    stop = StopRequest()
    asyncio.get_running_loop().call_soon(stop.request)
    with pytest.raises(TimeoutError):
        async with stop.limit(0.0, math.inf):
            await asyncio.Event().wait()
    with pytest.raises(TimeoutError):
        async with stop.limit(0.0, math.inf):
            await asyncio.Event().wait()


async def test_a_request_gives_nothing_more_time_than_it_had() -> None:
    stop = StopRequest()
    asyncio.get_running_loop().call_soon(stop.request)
    with pytest.raises(TimeoutError):
        async with stop.limit(math.inf, 0.01):
            await asyncio.Event().wait()


def test_a_camera_whose_source_failed_is_named_with_the_reason() -> None:
    account = Account.model_validate(
        {"cameras": {"camera-1": {"ended": True}, "camera-2": {"ended": True, "fault": "garbage"}}}
    )
    assert account.faults() == {"camera-2": "garbage"}


def test_a_camera_that_is_gone_for_now_is_a_trouble_and_no_fault() -> None:
    account = Account.model_validate(
        {
            "cameras": {
                "gone": {"state": "reconnecting", "trouble": "it can't be reached"},
                "fine": {"state": "running", "trouble": None},
                "over": {"ended": True, "trouble": "told as its fault", "fault": "it broke"},
            }
        }
    )
    assert account.troubles() == {"gone": "it can't be reached"}
    assert account.faults() == {"over": "it broke"}


def test_cameras_with_pictures_that_couldnt_be_decoded_are_named_with_how_many() -> None:
    account = Account.model_validate(
        {"cameras": {"camera-1": {"offered": 20, "garbled": 4}, "camera-2": {"offered": 24}}}
    )
    assert account.garbled() == {"camera-1": 4}
