"""Deeds as rows: appended within the transaction of what they tell of."""

from collections.abc import Sequence

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from lethe.alert.audit.chain import EMPTY, following, head_behind, log_name
from lethe.alert.audit.deeds import Deed, who_acts
from lethe.alert.audit.reasons import Reason
from lethe.alert.tables import audit, audit_reasons
from lethe.contracts.keys import AuditHead


async def read_head(connection: AsyncConnection, log: str = "") -> AuditHead:
    """Return the head of the audit log, whose name is looked up if it isn't given."""
    entries = select(audit.c.number, audit.c.digest).limit(1)
    newest = (await connection.execute(entries.order_by(audit.c.number.desc()))).one_or_none()
    if newest is None:
        return EMPTY
    if not log:
        log = log_name((await connection.execute(entries.order_by(audit.c.number))).one().digest)
    return AuditHead(log=log, size=newest.number, digest=newest.digest)


async def append_deeds(
    connection: AsyncConnection,
    deeds: Sequence[Deed],
    *,
    behind: AuditHead,
    instance_id: str,
    at_us: int,
) -> AuditHead:
    """Append deeds behind a head; return the head behind them.

    Nobody else may append meanwhile: the connection's transaction holds the lock of the term.
    """
    head = behind
    rows, reasons = [], dict[str, Reason]()
    for deed in deeds:
        actor = deed.actor or who_acts(instance_id)
        entry = following(head, deed, actor, at_us)
        head = head_behind(head, entry)
        rows.append({"number": head.size, "line": entry.line, "digest": entry.digest})
        if actor.reason is not None:
            reasons[actor.reason.commitment] = actor.reason
    await connection.execute(insert(audit), rows)
    await _keep_reasons(connection, reasons)
    return head


async def _keep_reasons(connection: AsyncConnection, reasons: dict[str, Reason]) -> None:
    """Keep what isn't yet: one request may do several things for one reason."""
    named = audit_reasons.c.commitment
    known = select(named).where(named.in_(reasons))
    kept = set((await connection.execute(known)).scalars()) if reasons else set()
    rows = [
        {
            "commitment": each.commitment,
            "key_name": each.key_name,
            "nonce": each.sealed.nonce,
            "ciphertext": each.sealed.ciphertext,
        }
        for commitment, each in reasons.items()
        if commitment not in kept
    ]
    if rows:
        await connection.execute(insert(audit_reasons), rows)
