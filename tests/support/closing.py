"""What takes orders and closes the versions that they name, over fakes."""

from collections.abc import Callable, Iterable
from typing import Any

from tests.support.watchlists import Records

from lethe.alert.kept_orders import KeptOrder, OrderKeeper
from lethe.alert.ports import OrderDesk
from lethe.alert.sql_kept_orders import SqlKeptOrderStore
from lethe.alert.watchlists.ordered import ClosingDeployments
from lethe.alert.watchlists.renewing import RenewalDesk


def closing_of(
    records: Records,
    deployments: OrderDesk,
    pack: str | None = None,
    heard: Callable[[], Iterable[KeptOrder]] = lambda: (),
) -> ClosingDeployments:
    """Return what takes orders while detect works with a model pack."""
    unused: Any = None
    renewals = RenewalDesk(records.shelf.references, records.book, unused, lambda: pack)
    return ClosingDeployments(
        deployments,
        records.book,
        records.ends(),
        records.samples(),
        renewals,
        OrderKeeper(SqlKeptOrderStore(records.term), heard),
    )
