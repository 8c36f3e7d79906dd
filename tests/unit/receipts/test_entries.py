"""An entry is exactly what it says, or it is refused."""

import json
import string
from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given
from tests.support.receipts import Log

from lethe.receipts.canonical import LARGEST, decode, encode
from lethe.receipts.entries import (
    KINDS,
    AlertErased,
    AuditAnchored,
    Resumed,
    SlotGranted,
    SubjectsWithdrawn,
    Suspended,
    TermBegun,
    TermEnded,
    WatchlistErased,
)
from lethe.receipts.entry import Entry
from lethe.receipts.errors import BadInput
from lethe.receipts.granted import GrantedLeaf, granted_root
from lethe.receipts.parsing import parse_entry
from lethe.receipts.proofs import inclusion_proof, verify_inclusion

_LOG = Log()
_GRANTED = _LOG.granted()
_EXAMPLES: list[Entry] = [
    _LOG.begun(),
    _LOG.order(),
    SubjectsWithdrawn(at_ms=1, deployment="d", withdrawn=2, list_hash="ab" * 32),
    _GRANTED,
    _LOG.closed(_GRANTED),
    _LOG.minute(1),
    AlertErased(at_ms=1, deployment="d", id_hash="ab" * 32, ground="retention"),
    WatchlistErased(at_ms=1, deployment="", id_hash="ab" * 32, ground="requested"),
    AuditAnchored(at_ms=1, log="audit", size=7, head="ab" * 32),
    Suspended(at_ms=1, deployment="d", reason="a copy is open"),
    Resumed(at_ms=2, deployment="d", reason="looked at"),
    TermEnded(at_ms=3, reason="stopped", slots=1, unclosed=0),
]
_NEVER = ("person", "subject", "face_id", "name", "alert", "candidate", "template", "image")


def test_there_is_an_example_of_every_kind() -> None:
    assert {each.kind for each in _EXAMPLES} == set(KINDS)


@pytest.mark.parametrize("entry", _EXAMPLES, ids=lambda each: each.kind)
def test_an_entry_reads_back(entry: Entry) -> None:
    assert parse_entry(entry.line()) == entry


@pytest.mark.parametrize("entry", _EXAMPLES, ids=lambda each: each.kind)
def test_an_entry_has_one_form_only(entry: Entry) -> None:
    content = json.loads(entry.line())
    others = [
        json.dumps(content).encode(),
        json.dumps(dict(reversed(content.items())), separators=(",", ":")).encode(),
        entry.line() + b" ",
        entry.line().replace(b'"v":1', b'"v":1,"v":1'),
        entry.line().replace(b'"v":1', b'"v":1.0'),
        entry.line().replace(b'"v":1', b'"v":true'),
        entry.line().replace(b'"v":1', b'"v":2'),
        entry.line().replace(b'"kind"', b'"\\u006bind"'),
    ]
    for line in others:
        with pytest.raises(BadInput):
            parse_entry(line)


@pytest.mark.parametrize("entry", _EXAMPLES, ids=lambda each: each.kind)
def test_a_field_too_many_or_too_few_is_refused(entry: Entry) -> None:
    content = json.loads(entry.line())
    with pytest.raises(BadInput, match="unknown field, extra"):
        parse_entry(encode(content | {"extra": 1}))
    for field in content.keys() - {"kind", "v"}:
        less = {name: value for name, value in content.items() if name != field}
        with pytest.raises(BadInput, match=f"{field} is missing"):
            parse_entry(encode(less))


@pytest.mark.parametrize("entry", _EXAMPLES, ids=lambda each: each.kind)
@pytest.mark.parametrize("wrong", [None, -1, 1.5, True, {}, [1], "\n", "x" * 501, 2**53, "\ud800"])
def test_a_field_of_another_type_is_refused(entry: Entry, wrong: object) -> None:
    content = json.loads(entry.line())
    for field in content:
        with pytest.raises(BadInput):
            parse_entry(encode(content | {field: wrong}))


@pytest.mark.parametrize("entry", _EXAMPLES, ids=lambda each: each.kind)
def test_no_field_could_name_a_person(entry: Entry) -> None:
    fields = json.loads(entry.line()).keys()
    assert not [f for f in fields for word in _NEVER if word in f]


def test_an_erasure_may_say_what_is_left_of_its_key() -> None:
    said = AlertErased(
        at_ms=1, deployment="d", id_hash="ab" * 32, ground="retention", promise="memory"
    )
    assert json.loads(said.line())["promise"] == "memory"
    assert parse_entry(said.line()) == said
    with pytest.raises(BadInput, match="promise is empty"):
        parse_entry(encode(json.loads(said.line()) | {"promise": ""}))
    with pytest.raises(BadInput, match="promise"):
        replace(said, promise="memory\n")


def test_purge_can_not_write_what_nobody_would_read() -> None:
    for wrong in (
        {"key_count": -1},
        {"key_count": True},
        {"deployment": "a\nb"},
        {"keys_root": "AB" * 32},
    ):
        with pytest.raises(BadInput):
            replace(_GRANTED, **wrong)


@pytest.mark.parametrize("line", [b"", b"[]", b"{}", b"null", b"{" * 70_000, "{\u00e9}".encode()])
def test_what_is_no_entry_is_refused(line: bytes) -> None:
    with pytest.raises(BadInput):
        parse_entry(line)


@given(
    content=st.dictionaries(
        st.text(max_size=5),
        st.integers(-LARGEST, LARGEST) | st.text(max_size=8) | st.lists(st.text(max_size=3)),
        max_size=5,
    )
)
def test_canonical_lines_are_ascii_and_read_back(content: dict[str, object]) -> None:
    line = encode(content)
    assert set(line.decode("ascii")) <= set(string.printable) - set("\n\r\t\x0b\x0c")
    assert decode(line) == content


def test_a_key_that_surfaces_is_tied_to_its_slot_by_an_inclusion_proof() -> None:
    from lethe.receipts.hashing import leaf_hash  # noqa: PLC0415 - an auditor's own few lines

    granted = [
        GrantedLeaf(camera, purpose, bytes([number]) * 32)
        for number, (camera, purpose) in enumerate(
            (camera, purpose) for camera in ("b", "a") for purpose in ("frame", "probe")
        )
    ]
    root = granted_root(granted)
    assert root == granted_root(reversed(granted))
    ordered = sorted(granted)
    hashes = [leaf_hash(each.leaf()) for each in ordered]
    for index, each in enumerate(ordered):
        proof = inclusion_proof(hashes, index)
        assert verify_inclusion(leaf_hash(each.leaf()), index, len(hashes), proof, root)
        moved = replace(each, lane="c")
        assert not verify_inclusion(leaf_hash(moved.leaf()), index, len(hashes), proof, root)


def test_parts_of_a_granted_key_do_not_run_into_each_other() -> None:
    one = GrantedLeaf("ab", "c", bytes(32))
    assert one.leaf() != GrantedLeaf("a", "bc", bytes(32)).leaf()


def test_a_grant_reads_as_a_line() -> None:
    granted = SlotGranted(
        at_ms=5,
        deployment="d",
        order_hash="",
        slot="t-1",
        key_count=1,
        copies=2,
        keys_root="0" * 64,
        deadline_ms=6,
        after_ms=0,
    )
    assert granted.line() == (
        b'{"after_ms":0,"at_ms":5,"copies":2,"deadline_ms":6,"deployment":"d","key_count":1,"keys_root":"'
        + b"0" * 64
        + b'","kind":"slot-granted","order_hash":"","slot":"t-1","v":1}'
    )


def test_a_name_has_200_characters_at_most_and_the_name_of_a_log_more() -> None:
    begun = next(entry for entry in _EXAMPLES if isinstance(entry, TermBegun))
    assert replace(begun, instance="x" * 200, predecessor_origin="x" * 500).line()
    with pytest.raises(BadInput, match="its instance isn't a printable text of at most 200"):
        replace(begun, instance="x" * 201)


def test_an_order_that_pins_no_key_has_no_field_for_one() -> None:
    assert b"receipts_key" not in _LOG.order().line()
    pinned = _LOG.order(receipts_key="ab" * 32)
    assert parse_entry(pinned.line()) == pinned
    content = json.loads(pinned.line()) | {"receipts_key": ""}
    with pytest.raises(BadInput, match="left out"):
        parse_entry(encode(content))
