"""Of views and imported pictures every trace is looked for, where it mustn't be."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

import cv2
import numpy as np
import pytest
from tests.forensics.canaries import windows_of
from tests.forensics.keys import DrawnKey, boot_us, transit_seeds
from tests.forensics.lots import Import, Lot, lots_in
from tests.forensics.making import Maker
from tests.forensics.needles import BUDGET_US, Knowledge, Needles
from tests.forensics.running import Decided, Run
from tests.forensics.searching import Found, Index
from tests.forensics.tape import TapedRecord
from tests.forensics.windows import Kind, cut
from tests.support.forgetting import local_trust
from tests.support.looking import PICTURE, Watched
from tests.support.packs import default_pack

from lethe.cli.footage.cast import demonstration_cast
from lethe.contracts.keys import KeyGranted, Role
from lethe.contracts.topics import VIEW_MADE
from lethe.shredding.trust import LocalTrust
from lethe.vision.buffers import WipedBuffer
from lethe.vision.faint import FaintFaces
from lethe.vision.halt import Halt
from lethe.vision.jpeg import decode_jpeg_into, encode_jpeg
from lethe.vision.view import view_jpeg

LOT = Lot("canaries", Path("list.csv"))
LOOK_US = 50_000_000


class Overheard(Watched):
    """Looks whose grants are taped."""

    def __init__(self, trust: LocalTrust) -> None:
        self.taped: list[KeyGranted] = []
        super().__init__(trust)

    def grants(self) -> dict[Role, KeyGranted]:
        granted = super().grants()
        self.taped += granted.values()
        return granted


def a_run(**parts: Any) -> Run:
    usual = {
        "keys": SimpleNamespace(keys=[], tickets=[], stored=[], drawn_by=lambda _: 0),
        "tape": SimpleNamespace(records=[], grants=[]),
        "imports": [],
        "decided": None,
        "stored_keys": set,
    }
    return cast(Run, SimpleNamespace(**usual | parts))


def looked_for(run: Run, lots: dict[str, Index] | None = None) -> dict[str, Needles]:
    known = Knowledge(run, Index([]), {}, lots or {}, began_us=LOOK_US)
    return {needles.origin: needles for needles in known.needles()}


@pytest.mark.parametrize("ended_us", [None, LOOK_US - BUDGET_US + 1])
def test_what_is_imported_or_was_just_now_is_not_looked_for(ended_us: int | None) -> None:
    run = a_run(imports=[Import(LOT, mock.Mock(), ended_us)])
    assert "imported" not in looked_for(run, {LOT.watchlist_id: Index([])})


@pytest.mark.parametrize("is_listed", [True, False])
def test_templates_may_lie_in_match_only_and_while_they_are_listed(is_listed: bool) -> None:
    template = np.random.default_rng(1).normal(0, 0.09, 128).astype("<f4").tobytes()
    index = Index([cut(Kind.TEMPLATE, template, 0)])
    run = a_run(imports=[Import(LOT, mock.Mock(), 0, is_listed=is_listed)])
    needles = looked_for(run, {LOT.watchlist_id: index})["imported"]
    found = needles.index.search(template, born_by=needles.born_by)
    left = [] if is_listed else [Kind.TEMPLATE]
    assert needles.left_in("memory of match", found) == left
    assert needles.left_in("memory of detect", found) == [Kind.TEMPLATE]
    assert needles.called(Kind.TEMPLATE) == "imported template"


def test_views_are_opened_with_overheard_keys_and_looked_for_once_they_are_old(
    tmp_path: Path,
) -> None:
    watched = Overheard(local_trust(tmp_path))
    picture = PICTURE + np.random.default_rng(2).bytes(400)
    address, sealed = watched.view(picture)
    drawn = [DrawnKey(bytes(key), 0) for key in watched.witness.entropy.drawn.values()]
    keys = SimpleNamespace(keys=drawn, tickets=[], stored=[], drawn_by=lambda _: len(drawn))
    tape = SimpleNamespace(
        records=[TapedRecord(VIEW_MADE.name, address, sealed)], grants=watched.taped
    )
    run = a_run(keys=keys, tape=tape)
    captured_us = address.captured.boot_us
    for passed_us, is_found in ((BUDGET_US - 1, False), (BUDGET_US, True)):
        known = Knowledge(run, Index([]), {}, {}, began_us=captured_us + passed_us)
        views = {each.origin: each for each in known.needles()}["view's"]
        assert bool(views.index.search(picture + bytes(8), born_by=views.born_by)) is is_found


_ONCE = [(place, place * 80_000) for place in range(100)]
_AGAIN = [(place, LOOK_US - BUDGET_US // 2 + place) for place in (40, 41)]


@pytest.mark.parametrize("birth", [20, 36, 37, 41, 44, 45, 99])
@pytest.mark.parametrize("captures", [_ONCE, _ONCE + _AGAIN], ids=["once", "begun anew"])
def test_of_footage_that_begins_anew_only_what_is_captured_again_may_be_alive(
    monkeypatch: pytest.MonkeyPatch, captures: list[tuple[int, int]], birth: int
) -> None:
    monkeypatch.setattr(Knowledge, "_captures", lambda _: captures)
    frames = next(Knowledge(a_run(), Index([]), {}, began_us=LOOK_US).needles())
    found = Found(Counter({Kind.JPEG: 8}), {Kind.JPEG: {birth}})
    may_be_alive = captures != _ONCE and 37 <= birth <= 44
    assert frames.born_by == 99
    assert frames.left_in("memory of detect", found) == ([] if may_be_alive else [Kind.JPEG])


def test_private_keys_of_tickets_are_looked_for_a_budget_after_they_were_drawn() -> None:
    drawn = [DrawnKey(os.urandom(96), at_us) for at_us in (0, LOOK_US - BUDGET_US + 1)]
    keys = SimpleNamespace(keys=[], tickets=drawn, stored=[], drawn_by=lambda _: 0)
    tickets = looked_for(a_run(keys=keys))["ticket's"]
    found = [tickets.index.search(each.key, born_by=tickets.born_by) for each in drawn]
    assert [bool(each) for each in found] == [True, False]


def test_keys_that_alert_destroyed_are_looked_for_and_what_transit_keys_are_made_of() -> None:
    kept, gone = (DrawnKey(os.urandom(32), 0) for _ in range(2))
    keys = SimpleNamespace(keys=[], tickets=[], stored=[kept, gone], drawn_by=lambda _: 0)
    run = a_run(keys=keys, stored_keys=lambda: {kept.key})
    needles = looked_for(run)["key store's"]
    for content, is_found in (
        (gone.key, True),
        (transit_seeds(gone.key), True),
        (kept.key, False),
        (transit_seeds(kept.key), False),
    ):
        assert bool(needles.index.search(content, born_by=needles.born_by)) is is_found


def test_what_a_false_alert_showed_is_looked_for_a_budget_after_it_was_decided() -> None:
    picture = PICTURE + np.random.default_rng(3).bytes(400)
    for at_us, is_looked_for in ((LOOK_US - BUDGET_US, True), (LOOK_US - BUDGET_US + 1, False)):
        found = looked_for(a_run(decided=Decided([picture], at_us)))
        assert ("false alert's" in found) is is_looked_for
    needles = looked_for(a_run(decided=Decided([picture], 0)))["false alert's"]
    assert needles.index.search(picture + bytes(8), born_by=needles.born_by)


def test_every_picture_that_is_imported_leaves_traces_to_be_looked_for(tmp_path: Path) -> None:
    lots = lots_in(tmp_path)
    images = lots[0].images()
    assert [len(lot.images()) for lot in lots] == [14, 70]
    index = Index(windows_of(images, default_pack()))
    for image in images:
        found = index.search(image.read_bytes() + bytes(8), born_by=0)
        assert found.births[Kind.JPEG] == {0}
    assert lots_in(tmp_path)[0].images() == images


def test_no_trace_of_a_lot_is_one_of_another(tmp_path: Path) -> None:
    # Of one that is through nothing may be found while the other is worked on.
    one, two = (lot.images() for lot in lots_in(tmp_path))
    index = Index(windows_of(one, default_pack()))
    for image in two[: len(one)]:
        for kind, content in Maker(default_pack()).of_reference(image.read_bytes()):
            raw = content if isinstance(content, bytes) else np.ascontiguousarray(content).tobytes()
            assert not index.search(raw + bytes(8), born_by=0), kind


@contextmanager
def pixels_seen() -> Iterator[list[bytes]]:
    """Keep what detectors are given, and what is reduced for a view before faces are covered."""
    seen: list[bytes] = []
    resize = cv2.resize

    def resized(image: Any, *arguments: Any, **named: Any) -> Any:
        small = resize(image, *arguments, **named)
        seen.append(np.ascontiguousarray(small).tobytes())
        return small

    def turned(into: Any, source: Any, *_: Any, **__: Any) -> None:
        into[...] = source
        if into.dtype == np.uint8:
            seen.append(np.ascontiguousarray(into).tobytes())

    with (
        mock.patch("lethe.vision.view.cv2.resize", resized),
        mock.patch("lethe.vision.faint.np.copyto", turned),
    ):
        yield seen


def test_what_is_made_of_a_face_on_its_way_to_a_view_is_looked_for() -> None:
    person = demonstration_cast()[0]
    frame = np.zeros((720, 1280, 3), np.uint8)
    portrait = person.portraits[0].image[:512, :512]
    frame[100:612, 300:812] = portrait
    pack = default_pack()
    jpeg = encode_jpeg(frame, 85)
    traces = [cut(kind, content, 0) for kind, content in Maker(pack).of_frame(frame, jpeg)]
    index = Index(traces)
    image = decode_jpeg_into(jpeg, WipedBuffer(frame.nbytes)).copy()
    with pixels_seen() as seen:
        boxes = FaintFaces(pack, halt=Halt()).boxes(image)
        assert boxes
        view_jpeg(image, [], limit_bytes=50_000)
    reduced, small = [each for each in seen if len(each) == 640 * 360 * 3], seen[-1]
    assert len(reduced) > 2, "upright, and turned to both sides"
    for pixels in (*reduced, small):
        assert index.search(pixels, born_by=0).births.keys() >= {Kind.PIXELS}


def test_the_moment_of_a_search_is_on_the_clock_of_captures() -> None:
    before = boot_us()
    known = Knowledge(a_run(), Index([]), {})
    assert before <= known.began_us <= boot_us()
