"""An order closes the version that it names, if it holds."""

from pathlib import Path

import pytest
from tests.support.alert_ports import FakeDeployments
from tests.support.forgetting import an_order, local_trust, signed
from tests.support.watchlists import Records

from lethe.alert.watchlists.ordered import ClosingDeployments
from lethe.contracts.errors import Refused


async def test_an_order_that_holds_closes_its_version_and_no_other(
    records: Records, tmp_path: Path
) -> None:
    deployments = FakeDeployments()
    closing = ClosingDeployments(deployments, records.book.versions)
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
    await ClosingDeployments(deployments, records.book.versions).order(ordered, [])
    assert deployments.orders == [(ordered, [])]
