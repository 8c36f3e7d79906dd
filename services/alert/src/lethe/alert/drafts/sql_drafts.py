"""Drafts of orders in SQL."""

from sqlalchemy import Delete, RowMapping, delete, func, insert, select, update

from lethe.alert.audit import of_deployments
from lethe.alert.drafts.draft import Draft
from lethe.alert.tables import order_drafts
from lethe.alert.term import Term
from lethe.contracts.orders import CameraAssigned


class SqlDraftStore:
    """Implements `DraftStore`, in one term of leadership."""

    def __init__(self, term: Term) -> None:
        self._term = term

    async def add(self, draft: Draft) -> bool:
        """Keep a draft; tell whether there was none of this deployment."""
        # Whoever leads writes alone, and the desk adds one after another.
        if await self.find(draft.deployment_id) is not None:
            return False
        row = insert(order_drafts).values(deployment_id=draft.deployment_id, **_columns(draft))
        async with self._term.write(of_deployments.drafted(draft.deployment_id)) as connection:
            await connection.execute(row)
        return True

    async def find(self, deployment_id: str) -> Draft | None:
        """Return the draft of a deployment."""
        statement = select(order_drafts).where(order_drafts.c.deployment_id == deployment_id)
        async with self._term.read() as connection:
            row = (await connection.execute(statement)).mappings().one_or_none()
        return None if row is None else _draft(row)

    async def after(self, deployment_id: str, limit: int) -> list[Draft]:
        """Return drafts in the order of their deployments' ids, behind one."""
        known = order_drafts.c.deployment_id
        statement = select(order_drafts).where(known > deployment_id).order_by(known).limit(limit)
        async with self._term.read() as connection:
            return [_draft(row) for row in (await connection.execute(statement)).mappings()]

    async def count(self) -> int:
        """Return how many there are."""
        async with self._term.read() as connection:
            found = await connection.execute(select(func.count()).select_from(order_drafts))
        return int(found.scalar_one())

    async def change(self, draft: Draft, revision: int) -> bool:
        """Store a draft otherwise, unless its revision is no longer that; tell whether it was."""
        statement = (
            update(order_drafts)
            .where(order_drafts.c.deployment_id == draft.deployment_id)
            .where(order_drafts.c.revision == revision)
            .values(**_columns(draft))
        )
        is_signed = draft.signed is not None
        deed = of_deployments.draft_changed(draft.deployment_id, is_signed=is_signed)
        return await self._term.change(statement, deed)

    async def give_up(self, deployment_id: str) -> bool:
        """Remove a draft that nobody wants any more; tell whether there was one."""
        if await self.find(deployment_id) is None:
            return False
        async with self._term.write(of_deployments.draft_given_up(deployment_id)) as connection:
            await connection.execute(_removal(deployment_id))
        return True

    async def settle(self, deployment_id: str) -> None:
        """Remove the draft of a deployment that was ordered, if there is one."""
        async with self._term.write() as connection:
            await connection.execute(_removal(deployment_id))


def _removal(deployment_id: str) -> Delete:
    return delete(order_drafts).where(order_drafts.c.deployment_id == deployment_id)


def _columns(draft: Draft) -> dict[str, object]:
    return {
        "payload": draft.payload,
        "cameras": [each.model_dump(mode="json") for each in draft.cameras],
        "revision": draft.revision,
        "authors": list(draft.authors),
        "signer": draft.signer,
        "signature": draft.signature,
    }


def _draft(row: RowMapping) -> Draft:
    return Draft(
        deployment_id=row["deployment_id"],
        payload=row["payload"],
        cameras=[CameraAssigned.model_validate(each) for each in row["cameras"]],
        revision=row["revision"],
        authors=tuple(row["authors"]),
        signer=row["signer"],
        signature=row["signature"],
    )
