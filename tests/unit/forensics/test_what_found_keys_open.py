"""A key that is found is tried on all that was sealed under keys of its kind, and on no other."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from aiokafka import ConsumerRecord
from sqlalchemy import Table, create_engine, insert
from tests.forensics import memory
from tests.forensics.attack import Residue, _Look
from tests.forensics.attacked_service import _overheard_tickets
from tests.forensics.database import Pieces
from tests.forensics.keys import SLOT, STORED, TICKET, DrawnKey, transit_seeds
from tests.forensics.limits import beyond
from tests.forensics.loot import DATABASE, LISTS, RECORDS
from tests.forensics.needles import Knowledge
from tests.forensics.running import Run
from tests.forensics.searching import Index
from tests.forensics.tape import Tape, TapedRecord
from tests.support.alert_desk import candidates_found
from tests.support.forgetting import local_trust
from tests.support.pipeline import Pipeline

from lethe.alert.keyring import Keyring
from lethe.alert.showing import figure_bound, probe_bound
from lethe.alert.tables import audit_reasons, metadata, pictures, references, subjects, watchlists
from lethe.alert.vault import Vault
from lethe.alert.watchlists.reference import Reference
from lethe.alert.watchlists.subject import subject_bound
from lethe.alert.watchlists.version_desk import _bound as list_bound
from lethe.contracts.live import CandidatesFound
from lethe.contracts.sealed import SignedEnvelope
from lethe.contracts.topics import CANDIDATES_FOUND, FRAME_CAPTURED
from lethe.shredding.wrapping import UnwrapKey, wrap

FRAME, CROP, FIGURE = (os.urandom(size) for size in (5_000, 900, 1_100))
AT_REST = {name: os.urandom(700 + n) for n, name in enumerate(
    ("probe", "figure", "image", "subject", "list", "reason")
)}  # fmt: skip
PLACES = {each: f"{each} that found keys open" for each in (RECORDS, LISTS, DATABASE)}


class Sealed:
    """All that a run can seal, and every key that it drew for that; none is in anybody's hands."""

    def __init__(self, folder: Path) -> None:
        self.drawn: dict[bytes, list[DrawnKey]] = {SLOT: [], TICKET: [], STORED: []}
        self.tape = Tape()
        self.files = folder / "files"
        self.files.mkdir()
        self._database = folder / "alerts.sqlite"
        self._capture(folder / "trust")

    def _heard(self, kind: bytes, key: bytes) -> None:
        self.drawn[kind].append(DrawnKey(bytes(bytearray(key)), 0))

    def _capture(self, folder: Path) -> None:
        pipeline = Pipeline(local_trust(folder))
        with _overheard_tickets(self._heard):
            granted = pipeline.grants()
        for role, grant in granted.items():
            assert pipeline.holders[role].accept(grant)
        self.tape.grants += granted.values()
        address, body = pipeline.captured(FRAME)
        self.tape.records.append(TapedRecord(FRAME_CAPTURED.name, address, body))
        for key in pipeline.witness.entropy.drawn.values():
            self._heard(SLOT, bytes(key))

    async def keep(self) -> None:
        """Seal pictures on the way to alert and in its database, under keys of one store."""
        for _ in range(len(self.drawn[SLOT]) + 1):
            self._heard(STORED, os.urandom(32))
        in_transit, at_rest = (each.key for each in self.drawn[STORED][-2:])
        self.tape.lists.append(_a_list(in_transit))
        opening = SimpleNamespace(open=lambda _: bytes(bytearray(at_rest)))
        await _fill(self._database, Vault(cast(Keyring, opening)))

    def run(self) -> Run:
        run = SimpleNamespace(
            keys=SimpleNamespace(
                keys=self.drawn[SLOT],
                tickets=self.drawn[TICKET],
                stored=self.drawn[STORED],
                drawn_by=lambda _: len(self.drawn[SLOT]),
            ),
            tape=self.tape,
            database=Pieces(self._database),
            imports=[],
            decided=None,
            stored_keys=set,
            processes=lambda **_: {},
            folders=lambda: {"files": self.files},
            metrics=lambda: b"",
        )
        return cast(Run, run)

    def found(self) -> list[Residue]:
        """Return what an attack finds in the files and beyond."""
        known = Knowledge(self.run(), Index([]), {})
        return _Look(known, "none", "idle").everywhere(broker=False)

    def plant(self, *contents: bytes) -> None:
        """Leave something in a file."""
        for number, content in enumerate(contents):
            (self.files / f"left-{number}").write_bytes(os.urandom(24) + content + os.urandom(24))


def _a_list(secret: bytes) -> CandidatesFound:
    public_key = UnwrapKey.from_seeds(transit_seeds(secret)).public_key
    found = candidates_found("search-1")
    changes = {
        "sealed_crop": wrap(CROP, public_key, found.binding()),
        "sealed_figure": wrap(FIGURE, public_key, found.figure_binding()),
    }
    return found.model_copy(update=changes)


async def _fill(file: Path, vault: Vault) -> None:
    image = Reference("reference-1", "list-1", "subject-1", "00")
    subject = subject_bound("list-1", "subject-1")
    bounds = (
        *(probe_bound("alert-1"), figure_bound("alert-1"), image.bound, subject),
        *(list_bound("list-1"), "commitment-1"),
    )
    items = list(zip(AT_REST.values(), bounds, strict=True))
    sealed = [
        {"nonce": blob.nonce, "ciphertext": blob.ciphertext}
        for blob in await vault.seal_all("any", items)
    ]
    probe, figure, picture, details, of_list, reason = sealed
    rows: list[tuple[Table, dict[str, object]]] = [
        (pictures, {"alert_id": "alert-1", **probe, **_named("figure", figure)}),
        (watchlists, {"watchlist_id": "list-1", "key_name": "k", **_named("details", of_list)}),
        (
            subjects,
            {"watchlist_id": "list-1", "subject_id": "subject-1", "number_tag": "tag"}
            | {"revision": 1, "bound": subject}
            | _named("details", details),
        ),
        (
            references,
            {"reference_id": "reference-1", "watchlist_id": "list-1", "subject_id": "subject-1"}
            | {"image_sha256": "00", "state": "enrolled"}
            | _named("image", picture),
        ),
        (audit_reasons, {"commitment": "commitment-1", "key_name": "k", **reason}),
    ]
    engine = create_engine(f"sqlite:///{file}")
    metadata.create_all(engine)
    with engine.begin() as connection:
        for table, row in rows:
            connection.execute(insert(table).values(row))
    engine.dispose()


def _named(name: str, blob: dict[str, bytes]) -> dict[str, object]:
    return {f"{name}_{part}": content for part, content in blob.items()}


@pytest.fixture(name="sealed")
async def sealed_(tmp_path: Path) -> Sealed:
    sealed = Sealed(tmp_path)
    await sealed.keep()
    return sealed


def _opened(residues: list[Residue]) -> dict[str, int]:
    return {each.place: each.kept_bytes for each in residues if each.kind == "plaintext"}


def test_without_a_found_key_nothing_opens(sealed: Sealed) -> None:
    assert sealed.found() == []


_PLANTED: dict[str, tuple[Callable[[Sealed], list[bytes]], dict[str, int]]] = {
    "slot keys": (
        lambda sealed: [each.key for each in sealed.drawn[SLOT]],
        {PLACES[RECORDS]: len(FRAME)},
    ),
    "the ticket of ingest": (
        lambda sealed: [sealed.drawn[TICKET][0].key],
        {PLACES[RECORDS]: len(FRAME)},
    ),
    "what a transit key comes of": (
        lambda sealed: [sealed.drawn[STORED][-2].key],
        {PLACES[LISTS]: len(CROP) + len(FIGURE)},
    ),
    "what a transit key is made of": (
        lambda sealed: [transit_seeds(sealed.drawn[STORED][-2].key)],
        {PLACES[LISTS]: len(CROP) + len(FIGURE)},
    ),
    "a data key": (
        lambda sealed: [sealed.drawn[STORED][-1].key],
        {PLACES[DATABASE]: sum(map(len, AT_REST.values()))},
    ),
    "a key of the store that sealed nothing": (lambda sealed: [sealed.drawn[STORED][0].key], {}),
}


@pytest.mark.parametrize(("keys", "opened"), _PLANTED.values(), ids=_PLANTED)
def test_a_found_key_opens_what_is_sealed_under_keys_of_its_kind_and_nothing_else(
    sealed: Sealed, keys: Callable[[Sealed], list[bytes]], opened: dict[str, int]
) -> None:
    sealed.plant(*keys(sealed))
    residues = sealed.found()
    assert [each.place for each in residues if each.kind.endswith("key")] == ["files"]
    assert _opened(residues) == opened


def test_memory_in_swap_fails_a_run_whatever_it_is(
    sealed: Sealed, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = sealed.run()
    monkeypatch.setattr(run, "processes", lambda **_: {"detect": os.getpid()})
    monkeypatch.setattr(memory, "swapped_bytes", {os.getpid(): 4096}.__getitem__)
    monkeypatch.setattr(memory, "chunks", lambda _: iter(()))
    residues = _Look(Knowledge(run, Index([]), {}), "none", "idle").everywhere(broker=False)
    assert [(each.place, each.kept_bytes) for each in residues] == [("swap of detect", 4096)]
    assert beyond(residues, []) == residues


def test_candidate_lists_are_taped_as_they_are_published(sealed: Sealed) -> None:
    [found] = sealed.tape.lists
    envelope = SignedEnvelope(signer="match-1", payload=found.encode(), signature=b"")
    tape = Tape()
    record = SimpleNamespace(topic=CANDIDATES_FOUND.name, value=envelope.encode())
    tape.take(cast(ConsumerRecord, record))
    assert tape.lists == [found]


def test_a_row_that_was_deleted_is_still_tried(sealed: Sealed) -> None:
    run = sealed.run()
    before = run.database.seen()
    assert len(before) == len(AT_REST)
    engine = create_engine(f"sqlite:///{sealed._database}")
    with engine.begin() as connection:
        connection.execute(pictures.delete())
    engine.dispose()
    assert run.database.seen() == before
