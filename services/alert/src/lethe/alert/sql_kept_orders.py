"""Kept orders in SQL."""

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from lethe.alert.kept_orders import KeptOrder
from lethe.alert.tables import kept_orders
from lethe.alert.term import Term
from lethe.contracts.orders import DeploymentOrdered


class SqlKeptOrderStore:
    """Implements `KeptOrderStore`, in one term of leadership."""

    def __init__(self, term: Term) -> None:
        self._term = term

    async def serials(self) -> dict[str, int]:
        """Return of which deployments there are orders, and the serials of their states."""
        statement = select(kept_orders.c.deployment_id, kept_orders.c.serial)
        async with self._term.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(statement)}

    async def find(self, deployment_id: str) -> KeptOrder | None:
        """Return the order of a deployment."""
        statement = select(kept_orders).where(kept_orders.c.deployment_id == deployment_id)
        async with self._term.read() as connection:
            row = (await connection.execute(statement)).mappings().one_or_none()
        if row is None:
            return None
        ordered = DeploymentOrdered.decode(row["ordered"])
        return KeptOrder(row["deployment_id"], row["serial"], ordered)

    async def keep(self, orders: Sequence[KeptOrder]) -> None:
        """Keep orders, in place of those of the same deployments."""
        names = [each.deployment_id for each in orders]
        rows = [
            {
                "deployment_id": each.deployment_id,
                "serial": each.serial,
                "ordered": each.ordered.encode(),
            }
            for each in orders
        ]
        async with self._term.write() as connection:
            await connection.execute(
                delete(kept_orders).where(kept_orders.c.deployment_id.in_(names))
            )
            await connection.execute(insert(kept_orders), rows)
