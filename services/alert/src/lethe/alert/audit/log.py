"""The audit log in SQL."""

import json
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import or_, select

from lethe.alert.audit.chain import SealedEntry
from lethe.alert.audit.deeds import Deed, who_acts
from lethe.alert.audit.reasons import Reason
from lethe.alert.audit.together import ToldTogether
from lethe.alert.tables import audit, audit_reasons
from lethe.alert.term import Term
from lethe.alert.vault import SealedBlob


class SqlAuditLog:
    """Implements `AuditLog`, in one term of leadership."""

    def __init__(self, term: Term) -> None:
        self._term = term
        self._together = ToldTogether(self._write)

    @property
    def name(self) -> str:
        """Names the log, once it has an entry; every term's is the same."""
        return self._term.audit_head.log

    @property
    def size(self) -> int:
        """How many entries it has."""
        return self._term.audit_head.size

    async def append(self, *deeds: Deed) -> None:
        """Keep deeds, in their order and all or none.

        Those of callers who come while others' are being kept share a transaction.
        """
        if deeds:
            acting = who_acts(self._term.leader)
            told = (each if each.actor else replace(each, actor=acting) for each in deeds)
            await self._together.tell(*told)

    async def _write(self, *deeds: Deed) -> None:
        async with self._term.write(*deeds):
            pass

    async def after(self, number: int, limit: int) -> list[SealedEntry]:
        """Return entries after a number, in rising number."""
        chosen = select(audit.c.line, audit.c.digest).where(audit.c.number > number)
        async with self._term.read() as connection:
            rows = await connection.execute(chosen.order_by(audit.c.number).limit(limit))
            return [SealedEntry(row.line, row.digest) for row in rows]

    async def about(self, record: str, whys: Sequence[str]) -> list[SealedEntry]:
        """Return entries on one record that say one of these, in rising number."""
        # A line is canonical JSON: what it holds stands in it as it is encoded.
        named = [audit.c.line.contains(json.dumps(each), autoescape=True) for each in whys]
        chosen = select(audit.c.line, audit.c.digest).where(
            audit.c.line.contains(json.dumps(record), autoescape=True), or_(*named)
        )
        async with self._term.read() as connection:
            rows = await connection.execute(chosen.order_by(audit.c.number))
            found = [SealedEntry(row.line, row.digest) for row in rows]
        return [each for each in found if _is_about(each, record, whys)]

    async def reasons(self, commitments: set[str]) -> list[Reason]:
        """Return what is kept of the reasons behind commitments."""
        if not commitments:
            return []
        chosen = select(audit_reasons).where(audit_reasons.c.commitment.in_(commitments))
        async with self._term.read() as connection:
            return [
                Reason(row.commitment, row.key_name, SealedBlob(row.nonce, row.ciphertext))
                for row in await connection.execute(chosen)
            ]


def _is_about(entry: SealedEntry, record: str, whys: Sequence[str]) -> bool:
    said = entry.said()
    records = said["records"]
    return isinstance(records, list) and record in records and said["why"] in whys
