"""Enrolling a folder against alert's own API, with a pipeline that a test plays."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.support.alert_web import BASE, alert_web
from tests.support.brokers import eventually
from tests.support.enrolling_bench import Bench, people_of

from lethe.cli.errors import StackFailed
from lethe.cli.session.api import AlertApi, Declined
from lethe.cli.watchlist import enrolment
from lethe.cli.watchlist.api import NewEntry, WatchlistApi
from lethe.cli.watchlist.enrolment import TRIES, Enrolment
from lethe.cli.watchlist.faults import in_words, refuse_faults
from lethe.cli.watchlist.people import Fault, Person
from lethe.contracts.errors import InvalidInput
from lethe.contracts.orders import watchlist_hash
from lethe.vision.extract import ReferenceFault


async def test_every_usable_image_becomes_a_reference(bench: Bench, tmp_path: Path) -> None:
    enrolled, seen = await bench.enrol(people_of(tmp_path, "ann", "bob"))
    assert await bench.names() == ["ann", "bob"]
    assert seen == [1, 2]
    pairs = [(each.subject_id, each.image_sha256) for each in enrolled]
    assert await bench.web.watchlists.content_hash("w") == watchlist_hash(pairs)


async def test_what_the_pipeline_rejects_is_a_fault_in_words(bench: Bench, tmp_path: Path) -> None:
    people = people_of(tmp_path, "ann", "no_face", "resembles")
    await bench.enrol(people)
    faults = {fault.file: fault.why for fault in people.faults}
    assert await bench.names() == ["ann"]
    assert faults["no_face.jpg"] == ReferenceFault.NO_FACE.advice
    assert "the same person as ann.jpg" in faults["resembles.jpg"]


async def test_what_alert_refuses_is_a_fault_of_that_person_alone(
    bench: Bench, tmp_path: Path
) -> None:
    people = people_of(tmp_path, "ann", "b" * 201, "carl")
    _, seen = await bench.enrol(people)
    assert await bench.names() == ["ann", "carl"]
    assert [fault.file for fault in people.faults] == [f"{'b' * 201}.jpg"]
    assert seen[-1] == 3


async def test_only_a_few_images_are_under_way_at_a_time(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrolment, "IN_FLIGHT", 8)
    await bench.enrol(people_of(tmp_path, *(f"p{number}" for number in range(30))))
    assert 1 <= bench.pipeline.most_under_way <= 8
    assert len(await bench.names()) == 30


async def test_a_run_that_was_broken_off_goes_on_with_what_is_missing(
    bench: Bench, tmp_path: Path
) -> None:
    await bench.enrol(people_of(tmp_path, "ann", "no_face"))
    people = people_of(tmp_path, "bob")
    enrolled, seen = await bench.enrol(people)
    assert await bench.names() == ["ann", "bob"]
    assert len(bench.pipeline.submitted) == 3
    assert (len(enrolled), seen[-1]) == (2, 3)
    assert [fault.file for fault in people.faults] == ["no_face.jpg"]


async def test_an_image_that_nobody_answers_for_is_sent_again_and_then_ends_the_run(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrolment, "STALLED_AFTER_S", 0.0)
    with pytest.raises(StackFailed, match=r"slow.jpg"):
        await bench.enrol(people_of(tmp_path, "slow"))
    assert len(bench.pipeline.submitted) == TRIES


async def test_alert_is_asked_more_rarely_while_little_comes_through(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    wait = asyncio.wait

    async def noted(tasks: set[asyncio.Task[None]], **limit: float) -> object:
        waits.append(limit["timeout"])
        if len(waits) == 4:
            bench.pipeline.answers_slow = True
            for reference_id in bench.pipeline.unanswered:
                bench.pipeline.submit(reference_id)
        return await wait(tasks, timeout=0.01)

    monkeypatch.setattr(asyncio, "wait", noted)
    await bench.enrol(people_of(tmp_path, *(f"slow {number}" for number in range(8))))
    assert waits[:4] == [0.25, 0.5, 1.0, 1.0]


async def test_whoever_asks_for_an_end_is_heard_while_people_are_read(
    bench: Bench, tmp_path: Path
) -> None:
    await bench.enrol(people_of(tmp_path, "ann"))
    begun, heard = threading.Event(), threading.Event()

    def slowly() -> Iterator[Person]:
        for person in people_of(tmp_path, "ann").listed:
            begun.set()
            assert heard.wait(30), "nothing else runs while people are read"
            yield person

    faults: list[Fault] = []
    seen: list[int] = []
    reading = Enrolment(bench.api, slowly(), faults.append, seen.append)
    work = asyncio.create_task(reading.run())
    await eventually(begun.is_set)
    heard.set()
    assert len(await work) == 1


class LosingAnswers(httpx.AsyncBaseTransport):
    """Brings each change to the service, and loses its first answer."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.lost: set[str] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.inner.handle_async_request(request)
        if request.method in ("PUT", "DELETE") and request.method not in self.lost:
            self.lost.add(request.method)
            raise httpx.ReadError("the connection is gone", request=request)
        return answer


async def test_a_change_or_removal_whose_answer_is_lost_is_made(tmp_path: Path) -> None:
    async with alert_web(tmp_path) as web:
        losing = LosingAnswers(httpx.ASGITransport(web.app()))
        async with AlertApi(BASE, web.issuer.token, losing) as api:
            one = WatchlistApi(api, "w")
            await one.register()
            details = {"reference_number": "N-1", "name": "Ann", "category": "other"}
            await one.enter([NewEntry(details | {"grounds": "a warrant"}, [])])
            [ann] = [each async for each in one.subjects()]
            changed = await one.change(ann, details | {"grounds": "another warrant"})
            assert changed.revision == ann.revision + 1
            with pytest.raises(Declined, match="changed meanwhile"):
                await one.change(ann, details | {"grounds": "a third"})
            await one.remove(ann.subject_id)
            assert [each async for each in one.subjects()] == []
            assert losing.lost == {"PUT", "DELETE"}


def test_faults_are_shown_and_end_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    faults = [Fault("b.jpg", "blurred"), Fault("a\x1b[31m.jpg", "no face")]
    with pytest.raises(InvalidInput, match=r"2 of the images.*--skip-bad"):
        refuse_faults(faults, Path("people"), 3, skip_bad=False)
    shown = capsys.readouterr().err
    assert shown.index("no face") < shown.index("blurred")
    assert "\x1b[31m" not in shown


def test_faults_are_passed_over_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    refuse_faults([Fault("b.jpg", "blurred")], Path("people"), 3, skip_bad=True)
    assert "b.jpg" in capsys.readouterr().err


def test_a_list_without_a_usable_image_is_refused_all_the_same() -> None:
    with pytest.raises(InvalidInput, match="no usable image"):
        refuse_faults([Fault("b.jpg", "blurred")], Path("people"), 0, skip_bad=True)


def test_an_unknown_fault_speaks_for_itself() -> None:
    assert in_words("eyes_shut") == "eyes shut"
