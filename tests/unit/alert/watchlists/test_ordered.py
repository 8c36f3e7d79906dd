"""An order closes the version that it names, if it holds."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from tests.support.alert_ports import FakeDeployments
from tests.support.closing import closing_of
from tests.support.forgetting import an_order, local_trust, signed
from tests.support.watchlists import (
    IMAGE,
    Records,
    details,
    entered,
    imaged,
    listed,
    outcome,
    pictured,
)

from lethe.alert.errors import Conflict
from lethe.alert.kept_orders import KeptOrder
from lethe.alert.watchlists.entry import Entry
from lethe.alert.watchlists.version import ListDetails
from lethe.contracts.errors import Refused, Transient
from lethe.contracts.orders import OrderState, OrderStatus

PACK, LATER = "5a" * 32, "7b" * 32


async def test_an_order_that_holds_closes_its_version_and_no_other(
    records: Records, tmp_path: Path
) -> None:
    deployments = FakeDeployments()
    closing = closing_of(records, deployments)
    ordered = signed(local_trust(tmp_path / "trust"), an_order(watchlist_id="list"))

    deployments.refusal = Refused("the order's signature doesn't hold")
    with pytest.raises(Refused):
        await closing.order(ordered, [])
    assert (await records.book.versions.find("list")).ordered_hash is None

    deployments.refusal = None
    assert await closing.order(ordered, []) == "deployment-1"
    assert deployments.orders == [(ordered, [])]
    assert (await records.book.versions.find("list")).ordered_hash == "00" * 32


async def test_an_order_for_a_list_that_is_not_kept_here_is_handed_on(
    records: Records, tmp_path: Path
) -> None:
    deployments = FakeDeployments()
    ordered = signed(local_trust(tmp_path / "trust"), an_order(watchlist_id="elsewhere"))
    closing = closing_of(records, deployments)
    await closing.order(ordered, [])
    assert deployments.orders == [(ordered, [])]


async def test_an_order_that_runs_is_not_refused_because_it_cannot_be_kept_for_the_record(
    records: Records, tmp_path: Path
) -> None:
    deployments = FakeDeployments()
    ordered = signed(local_trust(tmp_path / "trust"), an_order(watchlist_id="elsewhere"))

    def fails() -> list[KeptOrder]:
        raise Transient("the database doesn't answer")

    assert await closing_of(records, deployments, heard=fails).order(ordered, []) == "deployment-1"
    assert deployments.orders == [(ordered, [])]


async def test_the_first_order_notes_how_the_version_is_composed(
    records: Records, tmp_path: Path
) -> None:
    await listed(records.book, "Ada")
    trust = local_trust(tmp_path / "trust")
    deployments = FakeDeployments()
    closing = closing_of(records, deployments)
    for number in (1, 2):
        order = an_order(watchlist_id="list", deployment_id=f"deployment-{number}")
        await closing.order(signed(trust, order), [])
        version = await records.reopened().versions.find("list")
        assert version.composition == {"wanted on warrant": 1}


async def test_an_order_for_fewer_subjects_than_are_enrolled_is_refused_with_what_to_do(
    records: Records, tmp_path: Path
) -> None:
    for number, name in enumerate(("Ada", "Ada", "Grace", "Mary")):
        subject_id = await listed(records.book, name)
        added = await imaged(records.book, "list", subject_id, IMAGE + bytes([number]))
        fault = "no_face" if name == "Mary" else None
        await records.book.record([outcome(added.reference_id, fault)])
    deployments, trust = FakeDeployments(), local_trust(tmp_path / "trust")
    closing = closing_of(records, deployments)
    too_few = signed(trust, an_order(watchlist_id="list", watchlist_size=1))
    with pytest.raises(Refused, match=r"2 subjects of list are enrolled.* says 1: .*draft it anew"):
        await closing.order(too_few, [])
    assert deployments.orders == []
    assert (await records.book.versions.find("list")).ordered_hash is None
    enough = signed(trust, an_order(watchlist_id="list", watchlist_size=2))
    await closing.order(enough, [])
    assert deployments.orders == [(enough, [])]


@pytest.mark.parametrize("listed_until", [-1, 0])
async def test_nobody_is_ordered_beyond_their_last_day_on_the_list(
    records: Records, tmp_path: Path, listed_until: int
) -> None:
    today = datetime.fromtimestamp(records.clock.wall_us() / 1e6, UTC).date()
    # The window ends with that day.
    last_of_window = today + timedelta(days=3)
    midnight = datetime.combine(last_of_window + timedelta(days=1), time(), UTC)
    last = last_of_window + timedelta(days=listed_until)
    for name, expires_on in (("Ada", last), ("Grace", None)):
        await records.book.versions.register("list", ListDetails())
        await entered(records.book, Entry(details(name, expires_on=expires_on)))
    deployments = FakeDeployments()
    ends_at_us = round(midnight.timestamp() * 1_000_000)
    order = an_order(
        watchlist_id="list", starts_at_us=ends_at_us - 3_600_000_000, ends_at_us=ends_at_us
    )
    ordered = signed(local_trust(tmp_path / "trust"), order)
    closing = closing_of(records, deployments)
    if listed_until == 0:
        await closing.order(ordered, [])
        return
    with pytest.raises(Conflict, match=rf"1 subject of list must be off.* first after {last}: end"):
        await closing.order(ordered, [])
    assert deployments.orders == []
    assert (await records.book.versions.find("list")).ordered_hash is None
    # What is running is ended all the same, or resumed, and whoever is withdrawn doesn't count.
    [expiring] = [
        each.subject_id
        for each in await records.book.subjects.after("list", 0, 2)
        if each.details.expires_on
    ]
    state = OrderState.decode(ordered.state.payload)
    for change in (
        {"status": OrderStatus.ENDED},
        {"lifts": "term-1-7"},
        {"withdrawn": [expiring]},
    ):
        changed = ordered.state.model_copy(
            update={"payload": state.model_copy(update=change).encode()}
        )
        await closing.order(ordered.model_copy(update={"state": changed}), [])


async def test_an_order_whose_sample_nobody_checked_is_not_handed_on(
    records: Records, tmp_path: Path
) -> None:
    reference = await pictured(records.book, "Ada", b"image", on="list")
    await records.book.record([outcome(reference.reference_id)])
    deployments, samples = FakeDeployments(), records.samples()
    closing = closing_of(records, deployments)
    order = an_order(
        watchlist_id="list",
        watchlist_hash=await records.book.content_hash("list"),
        watchlist_size=1,
        sample_share=0.5,
    )
    ordered = signed(local_trust(tmp_path / "trust"), order)
    with pytest.raises(Conflict, match="draw more with 'lethe watchlist sample list --n 1'"):
        await closing.order(ordered, [])
    assert (deployments.orders, (await records.book.versions.find("list")).ordered_hash) == (
        [],
        None,
    )
    await samples.draw("list", 1, "Ann")
    await samples.check("list", reference.subject_id, "Sue", 1, has_passed=True)
    await closing.order(ordered, [])
    assert deployments.orders == [(ordered, [])]


async def test_a_version_that_another_model_pack_enrolled_is_not_ordered(
    records: Records, tmp_path: Path
) -> None:
    for number, name in enumerate(("Ada", "Grace")):
        added = await pictured(records.book, name, IMAGE + bytes([number]), on="list")
        await records.book.record([outcome(added.reference_id, pack=PACK)])
    deployments, trust = FakeDeployments(), local_trust(tmp_path / "trust")
    ordered = signed(trust, an_order(watchlist_id="list", watchlist_size=2))
    with pytest.raises(Conflict, match=r"2 images of list .*watchlist re-enrol list"):
        await closing_of(records, deployments, LATER).order(ordered, [])
    assert deployments.orders == []
    await closing_of(records, deployments, PACK).order(ordered, [])
    # Whoever is ordered already is enrolled again by itself: another order may name it as well.
    again = signed(
        trust, an_order(watchlist_id="list", watchlist_size=2, deployment_id="deployment-2")
    )
    await closing_of(records, deployments, LATER).order(again, [])
    assert deployments.orders == [(ordered, []), (again, [])]


async def test_a_version_of_which_an_image_is_unfit_is_not_ordered_again_but_may_be_ended(
    records: Records, tmp_path: Path
) -> None:
    added = await pictured(records.book, "Ada", IMAGE, on="list")
    await records.book.record([outcome(added.reference_id, pack=PACK)])
    deployments, trust = FakeDeployments(), local_trust(tmp_path / "trust")
    order = an_order(watchlist_id="list", watchlist_size=2)
    await closing_of(records, deployments, PACK).order(signed(trust, order), [])
    await records.book.record([outcome(added.reference_id, "no_face", pack=LATER)])
    with pytest.raises(Conflict, match="1 image of list can't be used with the model pack"):
        await closing_of(records, deployments, LATER).order(signed(trust, order), [])
    ended = signed(trust, order, status=OrderStatus.ENDED, serial=2)
    await closing_of(records, deployments, LATER).order(ended, [])
    assert deployments.orders[-1] == (ended, [])
