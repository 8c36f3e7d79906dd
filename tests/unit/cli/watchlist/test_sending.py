"""What waits to be sent goes in one request, as far as alert takes it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from tests.support.alert_web import BASE
from tests.support.enrolling_bench import Bench, people_of
from tests.support.played_pipeline import AS_JPEG

from lethe.alert.web.bodies import MAX_FORM_BYTES, MAX_JSON_BYTES
from lethe.alert.web.entries import MOST_ENTRIES
from lethe.alert.web.entries import MOST_IMAGES as MOST_TAKEN
from lethe.cli.session.api import AlertApi
from lethe.cli.watchlist import sending
from lethe.cli.watchlist.api import EntryAnswer, NewEntry, Unusable, WatchlistApi
from lethe.cli.watchlist.images import IMAGE_LIMIT_BYTES
from lethe.cli.watchlist.people import Person, Picture
from lethe.cli.watchlist.sending import MOST_IMAGES, Outbox, Wanted


class Listener(WatchlistApi):
    """Remembers what it was sent."""

    def __init__(self) -> None:
        self.requests: list[Sequence[NewEntry]] = []

    async def enter(self, entries: Sequence[NewEntry]) -> list[EntryAnswer]:
        self.requests.append(entries)
        return [EntryAnswer(subject_id=f"s-{n}") for n, _ in enumerate(entries)]


def wanted(folder: Path, person: Person, name: str, size: int = 3) -> Wanted:
    path = folder / name
    path.write_bytes(bytes(size))
    return Wanted(person, Picture(path, name, name), person.details)


def somebody(name: str) -> Person:
    return Person({"reference_number": name}, ())


async def test_what_waits_goes_together_with_the_images_of_one_person_in_one_entry(
    tmp_path: Path,
) -> None:
    api, ann, bob = Listener(), somebody("Ann"), somebody("Bob")
    outbox = Outbox(api)
    for person, name in ((ann, "1"), (ann, "2"), (bob, "3")):
        outbox.put(wanted(tmp_path, person, name))
    answers = await outbox.send()
    [entries] = api.requests
    assert [(each.who, len(each.images)) for each in entries] == [
        (ann.details, 2),
        (bob.details, 1),
    ]
    assert [([w.picture.shown for w in sent], a.subject_id) for sent, a in answers] == [
        (["1", "2"], "s-0"),
        (["3"], "s-1"),
    ]


async def test_no_request_holds_more_images_than_so_many(tmp_path: Path) -> None:
    api, ann = Listener(), somebody("Ann")
    outbox = Outbox(api)
    for number in range(MOST_IMAGES + 1):
        outbox.put(wanted(tmp_path, ann, str(number)))
    for _ in range(2):
        await outbox.send()
    assert [len(entries[0].images) for entries in api.requests] == [MOST_IMAGES, 1]
    assert min(MOST_TAKEN, MOST_ENTRIES) >= MOST_IMAGES


async def test_large_images_go_in_several_requests_that_alert_takes(tmp_path: Path) -> None:
    api, ann = Listener(), somebody("Ann")
    outbox = Outbox(api)
    for number in range(5):
        outbox.put(wanted(tmp_path, ann, str(number), IMAGE_LIMIT_BYTES))
    for _ in range(3):
        await outbox.send()
    sizes = [[len(image) for each in entries for image in each.images] for entries in api.requests]
    assert [len(each) for each in sizes] == [2, 2, 1]
    assert max(map(sum, sizes)) + MAX_JSON_BYTES < MAX_FORM_BYTES


async def test_an_image_that_is_gone_is_told_of_and_the_others_go(tmp_path: Path) -> None:
    api, ann = Listener(), somebody("Ann")
    outbox = Outbox(api)
    gone, there = wanted(tmp_path, ann, "1"), wanted(tmp_path, ann, "2")
    gone.picture.path.unlink()
    outbox.put(gone)
    outbox.put(there)
    (of_gone, told), (of_there, _) = await outbox.send()
    assert (of_gone, of_there) == ([gone], [there])
    [unusable] = told.images
    assert isinstance(unusable, Unusable)
    assert "can't be read" in unusable.problem.detail
    assert len(api.requests) == 1


async def test_a_row_that_is_refused_with_two_requests_is_told_once(
    bench: Bench,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "MOST_IMAGES", 1)
    people = people_of(tmp_path, "ann")
    [ann] = people.listed
    (tmp_path / "2.jpg").write_bytes(AS_JPEG + b"another")
    other = Picture(tmp_path / "2.jpg", "2.jpg", "cd" * 32)
    unfit = {**ann.details, "category": "owes money"}
    people.listed[:] = [Person(unfit, (*ann.pictures, other))]
    _, seen = await bench.enrol(people)
    assert [fault.file for fault in people.faults] == ["ann.jpg, 2.jpg"]
    assert seen[-1] == 2


async def test_entries_that_got_no_answer_are_sent_again_and_listed_once(
    bench: Bench,
    tmp_path: Path,
) -> None:
    class LosingEntries(httpx.AsyncBaseTransport):
        """Brings the first form to the service, and loses its answer."""

        lost = False

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await httpx.ASGITransport(bench.web.app()).handle_async_request(request)
            if request.url.path.endswith("/entries") and not self.lost:
                self.lost = True
                raise httpx.ReadError("the connection is gone", request=request)
            return answer

    losing = LosingEntries()
    async with AlertApi(BASE, bench.web.issuer.token, losing) as api:
        bench.api = WatchlistApi(api, "w")
        async with asyncio.timeout(60):
            enrolled, _ = await bench.enrol(people_of(tmp_path, "ann", "bob"))
    assert losing.lost
    assert len(enrolled) == 2
    assert await bench.names() == ["ann", "bob"]
