"""What is known of subjects is part of what is ordered, and nobody changes it meanwhile."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from tests.support.alert_ports import FakeDeployments
from tests.support.closing import closing_of
from tests.support.forgetting import (
    a_camera,
    an_order,
    local_trust,
    operational,
    signed,
    signer_of,
)
from tests.support.watchlists import Records, details, listed, outcome, pictured

from lethe.alert.errors import Conflict
from lethe.alert.vault import SealedBlob
from lethe.alert.watchlists.details_hash import details_hash
from lethe.alert.watchlists.subject import SealedSubject
from lethe.alert.watchlists.version import ListDetails
from lethe.contracts.errors import Refused, Transient
from lethe.contracts.orders import DeploymentOrder
from lethe.shredding.authorising import authorise, sign_draft
from lethe.shredding.trust import LocalTrust

_LIST = SealedBlob(b"nonce", b"what it is for")
_ADA = SealedSubject("list", "subject-a", "tag", "subject:list:subject-a", SealedBlob(b"n", b"ada"))
_BEA = SealedSubject("list", "subject-b", "tag", "subject:list:subject-b", SealedBlob(b"n", b"bea"))


@pytest.fixture
def trust(tmp_path: Path) -> LocalTrust:
    return local_trust(tmp_path / "trust")


async def order_of(records: Records, **changes: object) -> DeploymentOrder:
    """Return an order of what the list holds now."""
    told: dict[str, object] = {
        "watchlist_id": "list",
        "watchlist_hash": await records.book.content_hash("list"),
        "details_hash": await records.book.details_hash("list"),
    }
    return an_order(**(told | changes))


def test_the_hash_is_that_of_the_details_whatever_their_order_and_of_each_of_them() -> None:
    whole = details_hash(_LIST, [_ADA, _BEA])
    assert whole == details_hash(_LIST, [_BEA, _ADA])
    others = {
        details_hash(None, [_ADA, _BEA]),
        details_hash(_LIST, [_ADA]),
        details_hash(_LIST, [_ADA, replace(_BEA, details=_ADA.details)]),
        details_hash(_LIST, [_ADA, replace(_BEA, details=SealedBlob(b"o", b"bea"))]),
        details_hash(_LIST, [_ADA, replace(_BEA, bound="name:list:subject-b")]),
        details_hash(_LIST, [replace(_ADA, subject_id="subject-c"), _BEA]),
    }
    assert len(others | {whole}) == 7


async def test_equal_details_have_another_hash_so_that_nobody_finds_them_by_trying(
    records: Records,
) -> None:
    hashes = set()
    for name in ("list", "list-2"):
        await listed(records.book, "Ada", on=name)
        hashes.add(await records.book.details_hash(name))
    [ada] = await records.book.subjects.after("list", 0, 1)
    await records.book.subjects.edit("list", ada.subject_id, ada.details, ada.revision)
    hashes.add(await records.book.details_hash("list"))
    assert len(hashes) == 3
    plain = ada.details.encode()
    assert not hashes & {sha256(plain).hexdigest(), sha256(b"subject" + plain).hexdigest()}
    # It is the same for whoever reads it later.
    again = records.reopened()
    assert await again.details_hash("list") == await records.book.details_hash("list")


@pytest.mark.parametrize(
    "changed",
    [
        {"grounds": "seen near Northtown court"},
        {"instructions": "stop and arrest"},
        {"warning_markers": ("violent",)},
        {"category": "other"},
        {"is_child": True},
        {"expires_on": date(2100, 1, 1)},
    ],
)
async def test_an_order_drafted_before_somebody_was_described_otherwise_is_refused(
    records: Records, trust: LocalTrust, changed: Mapping[str, object]
) -> None:
    added = await pictured(records.book, "Ada", b"image", on="list")
    await records.book.record([outcome(added.reference_id)])
    order = await order_of(records)
    told = details("Ada", **changed)
    await records.book.subjects.edit("list", added.subject_id, told, 1)
    deployments = FakeDeployments()
    closing = closing_of(records, deployments)
    assert order.watchlist_hash == await records.book.content_hash("list"), "no image was changed"
    with pytest.raises(Conflict, match=r"what is known of subjects of list.* draft it anew"):
        await closing.order(signed(trust, order), [])
    assert deployments.orders == []
    assert (await records.book.versions.find("list")).ordered_hash is None
    await closing.order(signed(trust, await order_of(records)), [])
    assert len(deployments.orders) == 1


async def test_whoever_is_added_or_the_list_described_otherwise_is_another_hash(
    records: Records,
) -> None:
    hashes = [await records.book.details_hash("list")]
    await listed(records.book, "Ada")
    hashes.append(await records.book.details_hash("list"))
    await records.book.versions.edit("list", ListDetails(purpose="the fair"), 1)
    hashes.append(await records.book.details_hash("list"))
    assert len(set(hashes)) == 3


async def test_rows_that_were_put_back_to_an_earlier_state_are_another_hash(
    records: Records, trust: LocalTrust
) -> None:
    subject_id = await listed(records.book, "Ada")
    before = await records.shelf.subjects.find("list", subject_id)
    assert before is not None
    await records.book.subjects.edit("list", subject_id, details("Ada", grounds="another"), 1)
    ordered = signed(trust, await order_of(records))
    closing = closing_of(records, FakeDeployments())
    await closing.order(ordered, [])
    # Whoever writes to the database needs no key for this: both were sealed for that subject.
    assert await records.shelf.subjects.change(replace(before, revision=2), 2)
    with pytest.raises(Conflict, match="was changed since this was drafted"):
        await closing.order(ordered, [])


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"receipts_key": "ab" * 32}, r"leaves open what is known of the subjects of list.* anew"),
        ({"details_hash": "ab" * 32}, r"doesn't say which key receipts are signed with.* anew"),
    ],
)
async def test_an_operational_order_that_leaves_something_open_is_taken_only_if_it_was_before(
    records: Records, trust: LocalTrust, said: dict[str, str], why: str
) -> None:
    await listed(records.book, "Ada")
    told = {"watchlist_id": "list"} | said
    if "details_hash" in said:
        told["details_hash"] = await records.book.details_hash("list")
    # As its drafter and officer signed it, with one thing left out.
    draft = sign_draft(operational(**told, authorised_by=""), signer_of(trust, "drafter"))
    ordered = authorise(draft, signer_of(trust, "officer"))
    deployments = FakeDeployments()
    closing = closing_of(records, deployments)
    with pytest.raises(Refused, match=why):
        await closing.order(ordered, [a_camera()])
    assert (await records.book.versions.find("list")).ordered_hash is None
    deployments.known.add("deployment-1")
    await closing.order(ordered, [a_camera()])
    assert deployments.orders == [(ordered, [a_camera()])]


async def test_nobody_is_changed_between_the_look_at_their_last_day_and_the_closing(
    records: Records, trust: LocalTrust, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject_id = await listed(records.book, "Ada")
    ordered = signed(trust, await order_of(records, details_hash=None))
    # Its last day is over before the window is.
    expiring = details("Ada", expires_on=date(2020, 1, 1))
    editing: list[asyncio.Task[object]] = []
    freeze = records.shelf.versions.freeze
    monkeypatch.setattr(records.book.subjects, "_today", lambda: date(2020, 1, 1))

    async def freeze_late(*closed: object) -> None:
        edit = records.book.subjects.edit("list", subject_id, expiring, 1)
        editing.append(asyncio.create_task(edit))
        for _ in range(100):
            await asyncio.sleep(0)
        await freeze(*closed)  # type: ignore[arg-type]

    monkeypatch.setattr(records.shelf.versions, "freeze", freeze_late)
    deployments = FakeDeployments()
    await closing_of(records, deployments).order(ordered, [])
    with pytest.raises(Conflict, match="was ordered and can't be changed"):
        await editing[0]
    [ada] = await records.reopened().subjects.after("list", 0, 1)
    assert (ada.details.expires_on, deployments.orders) == (None, [(ordered, [])])


async def test_nobody_is_changed_while_the_services_are_told(
    records: Records, trust: LocalTrust, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject_id = await listed(records.book, "Ada")
    ordered = signed(trust, await order_of(records))
    deployments = FakeDeployments()

    async def change() -> None:
        with pytest.raises(Conflict, match="was ordered and can't be changed"):
            await records.book.subjects.edit("list", subject_id, details("Ada", grounds="x"), 1)
        raise Transient("the broker is away")

    monkeypatch.setattr(deployments, "passing_on", change)
    with pytest.raises(Transient):
        await closing_of(records, deployments).order(ordered, [])
    # Some service may have heard it: what it names stays what was signed, and may be ordered again.
    monkeypatch.undo()
    await closing_of(records, deployments).order(ordered, [])
    assert deployments.orders == [(ordered, [])]
