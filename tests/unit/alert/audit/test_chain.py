"""Whatever is done to an audit log afterwards is found out, and the entry named."""

from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lethe.alert.audit.chain import EMPTY, ChainVerifier, SealedEntry, following, head_behind
from lethe.alert.audit.deeds import MOST_RECORDS, Act, Actor, Deed, in_lots
from lethe.alert.audit.reasons import Reason
from lethe.alert.vault import SealedBlob
from lethe.contracts.errors import InvalidInput
from lethe.contracts.keys import AuditHead
from lethe.receipts.errors import Refuted

REASON = Reason("ab" * 32, "reasons-1", SealedBlob(b"nonce", b"ciphertext"))
ANN = Actor("ann", ("operator",), REASON)


def deed(name: str = "a") -> Deed:
    return Deed(Act.CONSULTATION, (f"alert:{name}",), "the picture was looked at")


def a_log(count: int, names: str = "log") -> list[SealedEntry]:
    head, entries = EMPTY, []
    for number in range(count):
        entries.append(following(head, deed(f"{names}-{number}"), ANN, 1_790_000_000_000_000))
        head = head_behind(head, entries[-1])
    return entries


def head_of(entries: list[SealedEntry]) -> AuditHead:
    return reduce(head_behind, entries, EMPTY)


def verify(entries: list[SealedEntry], *anchors: AuditHead) -> tuple[int, int]:
    verifier = ChainVerifier(anchors)
    for entry in entries:
        verifier.take(entry)
    verdict = verifier.conclude()
    assert verdict.head == head_of(entries)
    assert verdict.others == len({anchor.log for anchor in anchors} - {verdict.head.log})
    return verdict.head.size, verdict.anchored


def test_a_log_holds_and_says_how_far_it_is_anchored() -> None:
    entries = a_log(5)
    assert verify([]) == (0, 0)
    assert verify(entries) == (5, 0)
    another = head_of(a_log(9, names="another"))
    assert verify(entries, head_of(entries[:3]), another) == (5, 3)


def test_an_entry_says_who_did_what_to_which_record_when_and_why() -> None:
    [entry] = a_log(1)
    assert entry.said() == {
        "v": 2,
        "number": 1,
        "at_us": 1_790_000_000_000_000,
        "who": "ann",
        "roles": ["operator"],
        "act": "consultation",
        "records": ["alert:log-0"],
        "why": "the picture was looked at",
        "reason": REASON.commitment,
        "previous": "0" * 64,
    }


@given(count=st.integers(1, 8), data=st.data())
def test_whichever_character_is_altered_the_entry_is_named(count: int, data: st.DataObject) -> None:
    entries = a_log(count)
    at = data.draw(st.integers(0, count - 1))
    line = entries[at].line
    place = data.draw(st.integers(0, len(line) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != line[place]))
    entries[at] = replace(entries[at], line=line[:place] + other + line[place + 1 :])
    with pytest.raises(Refuted, match=rf"^entry {at + 1} was altered"):
        verify(entries)


@given(count=st.integers(2, 8), data=st.data())
def test_an_entry_that_was_dropped_is_named(count: int, data: st.DataObject) -> None:
    entries = a_log(count)
    at = data.draw(st.integers(0, count - 2))
    del entries[at]
    with pytest.raises(Refuted, match=rf"^entry {at + 1} was dropped"):
        verify(entries)


@given(count=st.integers(2, 8), data=st.data())
def test_an_entry_that_was_moved_is_named(count: int, data: st.DataObject) -> None:
    entries = a_log(count)
    at = data.draw(st.integers(0, count - 2))
    to = data.draw(st.integers(at + 1, count - 1))
    entries.insert(to, entries.pop(at))
    with pytest.raises(Refuted, match=rf"^entry {at + 1} was moved"):
        verify(entries)


@given(count=st.integers(1, 8), data=st.data())
def test_an_entry_that_was_inserted_is_named(count: int, data: st.DataObject) -> None:
    entries = a_log(count)
    at = data.draw(st.integers(0, count))
    inserted = following(head_of(entries[:at]), deed("forged"), ANN, 0)
    entries.insert(at, inserted)
    if at == count:
        # Behind the last one it is an entry like any other: only who kept the head can tell.
        assert verify(entries) == (count + 1, 0)
        return
    with pytest.raises(Refuted, match=rf"^entry {at + 1} stands behind entry {at + 1}: inserted"):
        verify(entries)


def test_an_entry_that_was_replaced_with_its_hash_breaks_the_chain_behind_it() -> None:
    entries = a_log(4)
    entries[1] = following(head_of(entries[:1]), deed("forged"), ANN, 0)
    with pytest.raises(Refuted, match=r"^entry 3 doesn't follow entry 2: one of them was replaced"):
        verify(entries)


@pytest.mark.parametrize(
    ("count", "why"),
    [
        (0, "every entry was cut off: 3 were anchored"),
        (5, "another audit log was anchored, and nothing of this one"),
    ],
)
def test_a_log_that_was_never_anchored_is_not_the_one_that_was(count: int, why: str) -> None:
    kept = head_of(a_log(3, names="another"))
    with pytest.raises(Refuted, match=why):
        verify(a_log(count), kept)


@given(count=st.integers(2, 8), data=st.data())
def test_whoever_kept_a_head_notices_that_later_entries_were_cut_off(
    count: int, data: st.DataObject
) -> None:
    entries = a_log(count)
    left = data.draw(st.integers(1, count - 1))
    with pytest.raises(Refuted, match=rf"^entry {left + 1} and what follows was cut off: {count} "):
        verify(entries[:left], head_of(entries))


def test_whoever_kept_a_head_notices_that_all_of_it_was_written_anew() -> None:
    log = a_log(3)
    kept, forged = head_of(log), log[:1]
    while len(forged) < 5:
        forged.append(following(head_of(forged), deed("forged"), ANN, 0))
    assert verify(forged) == (5, 0)
    with pytest.raises(Refuted, match=r"^entry 3 isn't the one that was anchored"):
        verify(forged, kept)


@pytest.mark.parametrize("line", ['{"a": 1}', "[]", "\ud800", "", '{"number":true}', "{}"])
def test_what_is_no_entry_is_altered(line: str) -> None:
    with pytest.raises(Refuted, match=r"^entry 1 was altered"):
        verify([SealedEntry(line, "00" * 32)])


def test_records_are_told_in_as_many_deeds_as_it_takes() -> None:
    names = [str(number) for number in range(2 * MOST_RECORDS + 1)]
    assert [len(lot) for lot in in_lots(names)] == [MOST_RECORDS, MOST_RECORDS, 1]
    for count in (0, MOST_RECORDS + 1):
        with pytest.raises(ValueError, match="a deed is on 1 to 50 records"):
            Deed(Act.ERASURE, ("alert:a",) * count, "why")


def test_names_that_fit_no_line_are_refused_before_anything_is_done() -> None:
    long = Deed(Act.ERASURE, ("\U0001f600" * 6_000,), "why")
    with pytest.raises(InvalidInput, match="too long to be audited"):
        following(EMPTY, long, ANN, 0)
