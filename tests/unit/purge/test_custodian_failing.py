"""Whatever goes wrong while keys are made, none is left in memory."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.custody import Custody
from tests.support.forgetting import an_order, book_with

from lethe.purge import custodian
from lethe.purge.custodian import Custodian
from lethe.purge.grant_draft import GrantDraft
from lethe.shredding.ownership import HeardTicket
from lethe.shredding.trust import LocalTrust


class Entropy:
    """Draws keys and remembers the very objects, which their user is to overwrite."""

    def __init__(self, fails_at: int) -> None:
        self.drawn: list[bytes] = []
        self._fails_at = fails_at

    def __call__(self, size: int) -> bytes:
        if len(self.drawn) == self._fails_at:
            raise OSError("no entropy")
        self.drawn.append(bytes(bytearray(os.urandom(size))))
        return self.drawn[-1]


def failing_at(call: Callable[..., Any], number: int) -> Callable[..., Any]:
    """Return what does as the call does, but for one time."""
    calls = 0

    def failing(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number:
            raise MemoryError
        return call(*arguments, **named)

    return failing


@pytest.mark.parametrize(
    ("where", "number"),
    [
        ("entropy", 0),
        ("entropy", 1),
        ("GrantedKey", 1),
        ("GrantedKey", 2),
        ("wrap", 1),
        ("wrap", 3),
    ],
)
def test_a_failure_leaves_no_key_behind(
    trust: LocalTrust, monkeypatch: pytest.MonkeyPatch, where: str, number: int
) -> None:
    custody = Custody(book_with(trust, an_order()))
    entropy = Entropy(number if where == "entropy" else -1)
    custody.custodian = Custodian(
        book_with(trust, an_order()), custody.suspensions, custody.clock, term="t", entropy=entropy
    )
    custody.hear_all()
    drafts: list[GrantDraft] = []

    def draft(heard: HeardTicket) -> GrantDraft:
        drafts.append(GrantDraft(heard))
        return drafts[-1]

    monkeypatch.setattr(custodian, "GrantDraft", draft)
    if where != "entropy":
        monkeypatch.setattr(custodian, where, failing_at(getattr(custodian, where), number))
    with pytest.raises((OSError, MemoryError)):
        custody.custodian.make()
    assert not any(any(key) for key in entropy.drawn)
    assert not any(any(each.secret) for each in drafts)


def test_without_a_failure_it_leaves_none_either(trust: LocalTrust) -> None:
    custody, entropy = Custody(book_with(trust, an_order())), Entropy(-1)
    custody.custodian._entropy = entropy
    custody.hear_all()
    assert len(custody.custodian.make()) == 3
    assert len(entropy.drawn) == 2
    assert not any(any(key) for key in entropy.drawn)
