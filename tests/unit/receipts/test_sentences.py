"""Every entry says in a sentence what it claims."""

from dataclasses import replace
from hashlib import sha256

import pytest
from tests.support.receipts import START_MS, Log, a_log

from lethe.receipts.entries import (
    KINDS,
    AlertErased,
    AuditAnchored,
    Resumed,
    SubjectsWithdrawn,
    Suspended,
    TermEnded,
    WatchlistErased,
)
from lethe.receipts.entry import Entry
from lethe.receipts.parsing import parse_entry
from lethe.receipts.sentences import sentence

HASH = sha256(b"an id").hexdigest()


@pytest.mark.parametrize("kind", KINDS.values())
def test_there_is_one_for_every_kind(kind: type[Entry]) -> None:
    assert sentence.dispatch(kind) is not sentence.dispatch(Entry)


def test_what_is_no_entry_of_a_log_has_none() -> None:
    with pytest.raises(TypeError, match="no sentence for Entry"):
        sentence(Entry(at_ms=START_MS))


def test_a_log_reads_from_its_beginning_to_its_end() -> None:
    lines = [block.strip() for block in a_log(1).blocks if block.startswith(b"{")]
    assert [sentence(parse_entry(line)) for line in lines] == [
        (
            "purge-1 began to hand out keys; none may live longer than 1,000 ms. "
            "It knows of no log before."
        ),
        (
            "The order of d (local) came into force: 2 cameras, threshold 0.60, from "
            "2023-11-14 22:13:20 UTC to 2023-11-14 23:13:20 UTC."
        ),
        (
            "4 keys were made for a moment of d, and handed out in 8 copies, all to be destroyed "
            "by 2023-11-14 22:13:20.600 UTC."
        ),
        (
            "Of a moment of d all 8 copies of its keys are gone; 5 pictures were taken (3 looked "
            "at, 1 expired unseen, 1 lost), and nothing of one lived longer than 412 ms."
        ),
        (
            "In 1 moment of d, about 1 second, 9 faces were seen: 6 forgotten, 1 kept for an "
            "alert, 2 expired."
        ),
        "Handing out keys ended, since it was stopped: 1 moment in all.",
    ]


def test_what_is_not_well_is_said() -> None:
    log = Log()
    closed = log.closed(log.granted())
    assert "1 copy of its keys may still exist" in sentence(replace(closed, acknowledged=4, open=1))
    nothing = replace(closed, captured=0, offered=0, dropped=0)
    assert sentence(nothing).endswith("no picture was taken.")
    torn = TermEnded(at_ms=START_MS, reason="the disk is full", slots=900, unclosed=2)
    assert sentence(torn) == (
        "Handing out keys ended, since the disk is full: 900 moments in all; how 2 of them end "
        "isn't told here."
    )


def test_a_log_that_follows_another_says_so() -> None:
    begun = replace(Log().begun(), predecessor_origin="k/p/t", predecessor_size=1_204)
    told = replace(begun, predecessor_root=HASH)
    assert sentence(told).endswith("It goes on from 1,204 receipts of its log before.")


def test_keys_for_a_watchlist_belong_to_no_deployment() -> None:
    log = Log()
    enrolling = replace(log.closed(log.granted()), deployment="", captured=0)
    assert sentence(enrolling) == (
        "Of a moment of enrolling images for a watchlist all 8 copies of its keys are gone."
    )


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            AlertErased(at_ms=START_MS, deployment="d", id_hash=HASH, ground="false-alert"),
            (
                "An alert of d was erased for good because it was decided to be false "
                f"(it stands here by the hash {HASH[:16]}…)."
            ),
        ),
        (
            AlertErased(
                at_ms=START_MS, deployment="d", id_hash=HASH, ground="retention", promise="memory"
            ),
            (
                "An alert of d was erased for good because its time was over "
                f"(it stands here by the hash {HASH[:16]}…). Of its key the store says: it lay in "
                "memory only, and is overwritten there."
            ),
        ),
        (
            WatchlistErased(at_ms=START_MS, deployment="", id_hash=HASH, ground="requested"),
            (
                "A watchlist was erased for good with everybody on it because somebody asked "
                f"for it (it stands here by the hash {HASH[:16]}…)."
            ),
        ),
        (
            SubjectsWithdrawn(at_ms=START_MS, deployment="d", withdrawn=1, list_hash=HASH),
            (
                f"1 person is searched for by d no longer, by a later signed decision "
                f"(hash {HASH[:16]}…)."
            ),
        ),
        (
            AuditAnchored(at_ms=START_MS, log="audit", size=7, head=HASH),
            (
                "The audit log had 7 entries: none of them can be changed or dropped any more "
                f"without being found out (hash {HASH[:16]}…)."
            ),
        ),
        (
            Suspended(at_ms=START_MS, deployment="d", reason="a copy is open"),
            "d was suspended, and captures nothing: a copy is open.",
        ),
        (
            Resumed(at_ms=START_MS, deployment="d", reason="lifted by officer"),
            "d was resumed by somebody's decision: lifted by officer.",
        ),
    ],
    ids=lambda each: each.kind if isinstance(each, Entry) else "",
)
def test_what_happened_beside_the_keys_is_told(entry: Entry, expected: str) -> None:
    assert sentence(entry) == expected
