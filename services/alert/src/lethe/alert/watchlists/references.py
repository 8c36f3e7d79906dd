"""References of watchlists in SQL."""

from collections.abc import Collection, Sequence

from sqlalchemy import (
    BindParameter,
    RowMapping,
    ScalarSelect,
    Select,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)

from lethe.alert.audit import of_watchlists
from lethe.alert.tables import references
from lethe.alert.term import Term
from lethe.alert.vault import SealedBlob
from lethe.alert.watchlists.reference import PackCount, Reference, ReferenceState

# Images are megabytes: they are read only when asked for.
WITHOUT_IMAGE = [column for column in references.c if not column.name.startswith("image_c")]


class SqlReferenceStore:
    """Implements `ReferenceStore`, in one term of leadership."""

    def __init__(self, term: Term) -> None:
        self._term = term

    async def find_all(self, reference_ids: Collection[str]) -> list[Reference]:
        """Return those of some references that there are."""
        chosen = references.c.reference_id.in_(reference_ids)
        return await self._all(select(*WITHOUT_IMAGE).where(chosen))

    async def with_images(
        self, reference_ids: Collection[str]
    ) -> list[tuple[Reference, SealedBlob]]:
        """Return those of some references that there are, with their sealed images."""
        chosen = select(references).where(references.c.reference_id.in_(reference_ids))
        async with self._term.read() as connection:
            return [
                (to_reference(row), SealedBlob(row["image_nonce"], row["image_ciphertext"]))
                for row in (await connection.execute(chosen)).mappings()
            ]

    async def of_watchlist(self, watchlist_id: str) -> list[Reference]:
        """Return a version's references in the order in which they were added."""
        return await self._all(_of_watchlist(watchlist_id).order_by(references.c.place))

    async def of_subject(self, watchlist_id: str, subject_id: str) -> list[Reference]:
        """Return a subject's references in the order in which they were added."""
        chosen = _of_watchlist(watchlist_id).where(references.c.subject_id == subject_id)
        return await self._all(chosen.order_by(references.c.place))

    async def after(self, watchlist_id: str, change: int, limit: int) -> list[Reference]:
        """Return references that changed behind a change, in the order of their last changes."""
        chosen = _of_watchlist(watchlist_id).where(references.c.change > change)
        return await self._all(chosen.order_by(references.c.change).limit(limit))

    async def counts(self, watchlist_id: str) -> dict[ReferenceState, int]:
        """Return how many references are in which state."""
        statement = (
            select(references.c.state, func.count())
            .where(references.c.watchlist_id == watchlist_id)
            .group_by(references.c.state)
        )
        async with self._term.read() as connection:
            found = {row[0]: row[1] for row in await connection.execute(statement)}
        return {state: found.get(state.value, 0) for state in ReferenceState}

    async def unsettled(self) -> list[str]:
        """Return the references whose enrolment hasn't ended, of all versions."""
        statement = select(references.c.reference_id).order_by(references.c.place)
        chosen = statement.where(references.c.state == ReferenceState.SUBMITTED.value)
        async with self._term.read() as connection:
            return list((await connection.execute(chosen)).scalars())

    async def record(self, changed: Sequence[Reference]) -> None:
        """Record what became of references, all or none."""
        # One after another: each takes the change behind that of the one before it.
        statement = (
            update(references)
            .where(references.c.reference_id == bindparam("of_reference"))
            .values(change=next_change(bindparam("of_watchlist")))
        )
        rows = [
            {
                "of_reference": each.reference_id,
                "of_watchlist": each.watchlist_id,
                **outcome_columns(each),
            }
            for each in changed
        ]
        async with self._term.write(*map(of_watchlists.image_settled, changed)) as connection:
            await connection.execute(statement, rows)

    async def packs(self, watchlist_id: str) -> list[PackCount]:
        """Return how many references of a version came to which state with which model pack."""
        kinds = (references.c.state, references.c.pack, references.c.unfit_pack)
        statement = select(*kinds, func.count()).where(references.c.watchlist_id == watchlist_id)
        async with self._term.read() as connection:
            return [
                PackCount(ReferenceState(row[0]), row[1], row[2], row[3])
                for row in await connection.execute(statement.group_by(*kinds))
            ]

    async def renew(self, watchlist_id: str, pack: str) -> list[str]:
        """Submit all again that another model pack enrolled or rejected; return all submitted."""
        of_list = references.c.watchlist_id == watchlist_id
        submitted = references.c.state == ReferenceState.SUBMITTED.value
        other = or_(references.c.pack.is_(None), references.c.pack != pack)
        bounds = select(
            func.coalesce(func.max(references.c.change), 0), func.min(references.c.place)
        ).where(of_list)
        async with self._term.write(of_watchlists.renewed(watchlist_id)) as connection:
            newest, first = (await connection.execute(bounds)).one()
            if first is None:
                return []
            statement = update(references).where(of_list, other, ~submitted)
            await connection.execute(
                statement.values(
                    state=ReferenceState.SUBMITTED.value,
                    fault=None,
                    resembles=None,
                    # A change of its own for each, in the order in which they were added.
                    change=references.c.place - first + newest + 1,
                )
            )
            chosen = select(references.c.reference_id).where(of_list, submitted)
            return list((await connection.execute(chosen.order_by(references.c.place))).scalars())

    async def forgive(self, watchlist_id: str) -> None:
        """Forget that references can't be searched with a model pack: it is tried once more."""
        statement = update(references).where(references.c.watchlist_id == watchlist_id)
        async with self._term.write(of_watchlists.renewed(watchlist_id)) as connection:
            await connection.execute(statement.values(unfit_pack=None, unfit_fault=None))

    async def remove(self, reference_id: str) -> None:
        """Remove a reference with its image."""
        async with self._term.write(of_watchlists.image_removed(reference_id)) as connection:
            await connection.execute(
                delete(references).where(references.c.reference_id == reference_id)
            )

    async def _all(self, statement: Select[tuple[object, ...]]) -> list[Reference]:
        async with self._term.read() as connection:
            return [to_reference(row) for row in (await connection.execute(statement)).mappings()]


def _of_watchlist(watchlist_id: str) -> Select[tuple[object, ...]]:
    return select(*WITHOUT_IMAGE).where(references.c.watchlist_id == watchlist_id)


def next_change(watchlist_id: str | BindParameter[str]) -> ScalarSelect[int]:
    """Return what the next change of a version is counted as."""
    others = references.alias()
    newest = func.coalesce(func.max(others.c.change), 0)
    return select(newest + 1).where(others.c.watchlist_id == watchlist_id).scalar_subquery()


def outcome_columns(reference: Reference) -> dict[str, object]:
    """Return what is kept of how an enrolment ended."""
    return {
        "state": reference.state.value,
        "fault": reference.fault,
        "resembles": reference.resembles,
        "pack": reference.pack,
        "unfit_pack": reference.unfit_pack,
        "unfit_fault": reference.unfit_fault,
    }


def to_reference(row: RowMapping) -> Reference:
    """Return a row as the reference that it is."""
    return Reference(
        reference_id=row["reference_id"],
        watchlist_id=row["watchlist_id"],
        subject_id=row["subject_id"],
        image_sha256=row["image_sha256"],
        state=ReferenceState(row["state"]),
        fault=row["fault"],
        resembles=row["resembles"],
        pack=row["pack"],
        unfit_pack=row["unfit_pack"],
        unfit_fault=row["unfit_fault"],
        change=row["change"],
    )
