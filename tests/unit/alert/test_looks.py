"""Who looks at a camera, what that tells purge, and that nothing of what they saw is left."""

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import REGISTRY
from tests.support.forgetting import CAMERA
from tests.support.looking import PICTURE, Watched
from tests.support.members import member_of
from tests.support.publishing import record

from lethe.alert.audit.deeds import Act
from lethe.alert.errors import NotLeading, TooMany
from lethe.alert.handlers import Handlers
from lethe.contracts.errors import Erased, Refused, Transient
from lethe.contracts.headers import address_headers
from lethe.contracts.keys import MOST_LOOKED_AT, DestroyedKeys, Role
from lethe.contracts.sealed import Purpose
from lethe.contracts.topics import VIEW_MADE
from lethe.shredding.terms import Standing
from lethe.shredding.trust import LocalTrust

HERE = frozenset({"deployment-1"})


@pytest.fixture(name="path")
def path_(trust: LocalTrust) -> Iterator[Watched]:
    path = Watched(trust)
    yield path
    path.alert.release_all()
    assert path.alert.holds_nothing()


def destroyed(path: Watched) -> list[DestroyedKeys]:
    """Return what alert tells of views with its next ticket: numbers that are gone."""
    told = path.alert.issue_ticket(Standing()).destroyed
    return [each for each in told if each.purpose is Purpose.VIEW and each.numbers]


async def test_a_look_is_told_before_it_is_announced(path: Watched) -> None:
    assert path.looks.cameras() == ()
    path.told.fails = True
    with pytest.raises(Transient):
        await path.looks.begin("Ada", CAMERA, HERE)
    assert path.looks.cameras() == ()
    path.told.fails = False
    await path.looks.begin("Ada", CAMERA, HERE)
    assert path.looks.cameras() == (CAMERA,)
    [deed] = path.told.deeds
    assert deed.act is Act.CONSULTATION
    assert deed.records == ("camera:gate-1", "deployment:deployment-1")


async def test_who_goes_on_looking_under_another_deployment_is_told_again(path: Watched) -> None:
    for deployments in (HERE, HERE, frozenset({"deployment-2"})):
        await path.looks.begin("Ada", CAMERA, deployments)
    told = [record for deed in path.told.deeds for record in deed.records[1:]]
    assert told == ["deployment:deployment-1", "deployment:deployment-2"]
    assert path.looks.cameras() == (CAMERA,)


async def test_a_look_is_over_two_seconds_after_nobody_waits(path: Watched) -> None:
    await path.looks.begin("Ada", CAMERA, HERE)
    with path.looks.waiting("Ada", CAMERA, HERE):
        path.time.advance_ms(60_000)
        assert path.looks.cameras() == (CAMERA,)
    path.time.advance_ms(1_990)
    assert path.looks.cameras() == (CAMERA,)
    path.time.advance_ms(20)
    assert path.looks.cameras() == ()


async def test_a_look_that_goes_on_is_told_once_and_another_again(path: Watched) -> None:
    for _ in range(3):
        await path.looks.begin("Ada", CAMERA, HERE)
        with path.looks.waiting("Ada", CAMERA, HERE):
            path.time.advance_ms(1_000)
    assert len(path.told.deeds) == 1
    await path.looks.begin("Bob", CAMERA, HERE)
    await path.looks.begin("Ada", "gate-2", HERE)
    assert len(path.told.deeds) == 3
    path.time.advance_ms(2_010)
    assert path.looks.cameras() == ()
    await path.looks.begin("Ada", CAMERA, HERE)
    assert len(path.told.deeds) == 4


async def test_nobody_waits_and_a_view_stays_sealed(path: Watched) -> None:
    await path.looks.begin("Ada", CAMERA, HERE)
    path.looks.show(*path.view())
    live = path.witness.live_numbers(path.alert)
    assert [purpose for _, _, purpose, _ in live] == [Purpose.VIEW]
    assert destroyed(path) == []


async def test_whoever_waits_is_shown_one_and_then_it_is_overwritten(path: Watched) -> None:
    with path.looks.waiting("Ada", CAMERA, HERE) as coming:
        address, sealed = path.view()
        path.looks.show(address, sealed)
        view = coming.result()
        assert (view.jpeg(), view.captured) == (PICTURE, address.captured)
        assert destroyed(path) == [], "it is still there"
    assert view.is_over
    assert not any(view._room)
    [told] = destroyed(path)
    assert (told.slot, told.numbers) == (address.slot, [0])


async def test_all_who_wait_are_shown_it_and_it_goes_with_the_last(path: Watched) -> None:
    with path.looks.waiting("Ada", CAMERA, HERE) as one:
        with path.looks.waiting("Bob", CAMERA, HERE) as other:
            path.looks.show(*path.view())
            assert one.result() is other.result()
        assert one.result().jpeg() == PICTURE
    assert one.result().is_over


async def test_one_picture_for_one_request(path: Watched) -> None:
    with path.looks.waiting("Ada", CAMERA, HERE) as coming:
        path.looks.show(*path.view())
        first = coming.result()
        path.looks.show(*path.view(PICTURE[::-1]))
        assert coming.result() is first


async def test_another_camera_and_another_deployment_are_not_theirs(path: Watched) -> None:
    elsewhere = frozenset({"deployment-2"})
    with (
        path.looks.waiting("Ada", "gate-2", HERE) as of_another_camera,
        path.looks.waiting("Bob", CAMERA, elsewhere) as of_another_deployment,
    ):
        path.looks.show(*path.view())
        assert not of_another_camera.done()
        assert not of_another_deployment.done()
    assert destroyed(path) == [], "nobody opened it"


async def test_who_has_left_is_shown_nothing(path: Watched) -> None:
    with path.looks.waiting("Ada", CAMERA, HERE) as coming:
        pass
    path.looks.show(*path.view())
    assert not coming.done()
    assert destroyed(path) == []


async def test_what_nobody_gives_back_is_overwritten_in_time(path: Watched) -> None:
    with path.looks.waiting("Ada", CAMERA, HERE) as coming:
        path.looks.show(*path.view())
        view = coming.result()
        path.time.advance_ms(800)
        # As the reaper does, from a thread of its own.
        await asyncio.to_thread(path.alert.reap)
        assert view.is_over
        assert not any(view._room)
        await asyncio.sleep(0)
        assert path.alert.holds_nothing(), "the dead man's switch is disarmed"


async def test_a_newer_view_ends_an_older_one(path: Watched) -> None:
    with (
        path.looks.waiting("Ada", CAMERA, HERE) as older,
        path.looks.waiting("Bob", CAMERA, frozenset({"deployment-2"})),
    ):
        path.looks.show(*path.view())
        with path.looks.waiting("Cid", CAMERA, HERE) as newer:
            path.looks.show(*path.view())
            assert older.result().is_over
            assert newer.result().jpeg() == PICTURE


@pytest.mark.parametrize("change", [{"number": 1}, {"frame_number": 7}, {"slot": "term-9"}])
async def test_one_that_does_not_open_is_not_shown_and_they_go_on_waiting(
    path: Watched, change: dict[str, object]
) -> None:
    with path.looks.waiting("Ada", CAMERA, HERE) as coming:
        address, sealed = path.view()
        with pytest.raises((Erased, Refused)):
            path.looks.show(address.model_copy(update=change), sealed)
        assert not coming.done()
        path.looks.show(address, sealed)
        assert coming.result().jpeg() == PICTURE
    with path.looks.waiting("Ada", CAMERA, HERE), pytest.raises(Erased):
        path.looks.show(address, sealed)


async def test_one_that_is_too_large_is_refused(path: Watched) -> None:
    with path.looks.waiting("Ada", CAMERA, HERE), pytest.raises(Refused):
        path.looks.show(path.view()[0], bytes(100_000))


async def test_when_another_leads_those_who_wait_are_sent_there(path: Watched) -> None:
    with path.looks.waiting("Ada", CAMERA, HERE) as coming:
        path.looks.close()
        with pytest.raises(NotLeading):
            coming.result()
    with pytest.raises(NotLeading), path.looks.waiting("Ada", CAMERA, HERE):
        pass


async def test_more_cameras_than_fit_a_ticket_are_not_looked_at(path: Watched) -> None:
    for number in range(MOST_LOOKED_AT):
        await path.looks.begin("Ada", f"gate-{number}", HERE)
    with pytest.raises(TooMany):
        await path.looks.begin("Ada", "gate-more", HERE)
    await path.looks.begin("Bob", "gate-0", HERE)
    assert len(path.looks.cameras()) == MOST_LOOKED_AT
    path.time.advance_ms(2_010)
    await path.looks.begin("Ada", "gate-more", HERE)


async def test_no_more_wait_than_are_served(path: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lethe.alert.looks._MOST_WAITING", 1)
    with path.looks.waiting("Ada", CAMERA, HERE):
        with pytest.raises(TooMany), path.looks.waiting("Bob", CAMERA, HERE):
            pass
        assert path.looks.cameras() == (CAMERA,)


async def test_a_record_from_the_broker_is_shown_or_counted(
    path: Watched, trust: LocalTrust
) -> None:
    def unopened() -> float:
        labels = {"topic": VIEW_MADE.name}
        return REGISTRY.get_sample_value("lethe_records_not_opened_total", labels) or 0.0

    leadership: Any = SimpleNamespace(reign=SimpleNamespace(looks=path.looks))
    absent: Any = None
    handlers = Handlers(
        member_of(trust, Role.ALERT, path.clock),
        absent,
        leadership,
        absent,
        absent,
    )
    address, sealed = path.view()
    view = record(VIEW_MADE, CAMERA, sealed, address_headers(address))
    before = unopened()
    with path.looks.waiting("Ada", CAMERA, HERE) as coming:
        await handlers.on_view(view)
        assert coming.result().jpeg() == PICTURE
    with path.looks.waiting("Ada", CAMERA, HERE):
        await handlers.on_view(view)
    assert unopened() == before + 1
    leadership.reign = None
    await handlers.on_view(view)


def test_a_view_says_nothing_of_itself(path: Watched) -> None:
    async def shown() -> str:
        with path.looks.waiting("Ada", CAMERA, HERE) as coming:
            path.looks.show(*path.view())
            return repr(coming.result())

    assert asyncio.run(shown()) == "<View, over=False>"
