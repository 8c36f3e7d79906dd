"""Enrolling a folder against an alert service that a test plays."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from lethe.cli.errors import StackFailed
from lethe.cli.session import enrolment
from lethe.cli.session.api import AlertApi
from lethe.cli.session.enrolment import IN_FLIGHT, TRIES, Enrolment
from lethe.cli.session.faults import in_words, refuse_faults
from lethe.cli.session.watchlist import Fault, Watchlist, read_watchlist
from lethe.contracts.errors import InvalidInput
from lethe.vision.extract import ReferenceFault


class FakeAlert:
    """Enrols what it gets at the next look, unless its name says otherwise."""

    def __init__(self) -> None:
        self.references: dict[str, dict[str, Any]] = {}
        self.submissions = 0
        self.most_under_way = 0
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v1/watchlists":
            return httpx.Response(201, json={})
        if request.method == "POST":
            return self._submit(request)
        return self._state()

    def _submit(self, request: httpx.Request) -> httpx.Response:
        self.submissions += 1
        body = request.content.decode(errors="replace")
        name = re.search(r'name="name"\r\n\r\n(.*?)\r\n', body)
        subject = re.search(r'name="subject_id"\r\n\r\n(.*?)\r\n', body)
        assert name is not None
        assert subject is not None
        if name[1] == "refused":
            return httpx.Response(413, json={"detail": "the image is too large"})
        reference_id = f"ref-{name[1]}"
        self.references[reference_id] = {
            "reference_id": reference_id,
            "subject_id": subject[1],
            "name": name[1],
            "state": "submitted",
            "fault": None,
            "resembles": None,
        }
        return httpx.Response(202, json={"reference_id": reference_id})

    def _state(self) -> httpx.Response:
        under_way = [r for r in self.references.values() if r["state"] == "submitted"]
        self.most_under_way = max(self.most_under_way, len(under_way))
        for reference in under_way:
            if reference["name"].startswith("slow"):
                continue
            bad = reference["name"].startswith("no_face")
            twin = reference["name"].startswith("twin")
            reference["state"] = "rejected" if bad or twin else "enrolled"
            reference["fault"] = "no_face" if bad else "resembles" if twin else None
            reference["resembles"] = "ref-ann" if twin else None
        content = {"references": list(self.references.values()), "settled": True}
        return httpx.Response(200, content=json.dumps(content).encode())


def folder_of(tmp_path: Path, *names: str) -> Watchlist:
    for name in names:
        (tmp_path / f"{name}.jpg").write_bytes(name.encode())
    return read_watchlist(tmp_path)


async def enrol(alert: FakeAlert, watchlist: Watchlist) -> tuple[list[str], list[int]]:
    seen: list[int] = []
    async with AlertApi("http://alert", lambda: "token", alert.transport) as api:
        pictures = await Enrolment(api, "w", watchlist, seen.append).run()
    return [picture.name for picture in pictures], seen


async def test_every_usable_image_becomes_a_reference(tmp_path: Path) -> None:
    names, seen = await enrol(FakeAlert(), folder_of(tmp_path, "ann", "bob"))
    assert sorted(names) == ["ann", "bob"]
    assert seen == [1, 2]


async def test_what_the_pipeline_rejects_is_a_fault_in_words(tmp_path: Path) -> None:
    watchlist = folder_of(tmp_path, "ann", "no_face", "refused", "twin")
    names, _ = await enrol(FakeAlert(), watchlist)
    faults = {fault.file: fault.why for fault in watchlist.faults}
    assert names == ["ann"]
    assert faults["no_face.jpg"] == ReferenceFault.NO_FACE.advice
    assert "too large" in faults["refused.jpg"]
    assert "the same person as ann.jpg" in faults["twin.jpg"]


async def test_only_a_few_images_are_under_way_at_a_time(tmp_path: Path) -> None:
    alert = FakeAlert()
    await enrol(alert, folder_of(tmp_path, *(f"p{number}" for number in range(30))))
    assert alert.most_under_way == IN_FLIGHT


async def test_an_image_that_nobody_answers_for_is_sent_again_and_then_ends_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrolment, "STALLED_AFTER_S", 0.0)
    alert = FakeAlert()
    with pytest.raises(StackFailed, match=r"slow.jpg"):
        await enrol(alert, folder_of(tmp_path, "slow"))
    assert alert.submissions == TRIES


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
