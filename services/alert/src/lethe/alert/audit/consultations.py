"""What officers see on the stream: told in the audit log every few seconds, for all of them."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

import structlog

from lethe.alert.audit.deeds import Act, Actor, Deed, in_lots
from lethe.alert.audit.ports import Audit
from lethe.alert.audit.together import ToldTogether
from lethe.contracts.errors import LetheError, Transient

EVERY_S = 5.0
_AT_ONCE = 200
"""Deeds in one transaction: the alert that is raised meanwhile mustn't wait for long."""

_log = structlog.get_logger()


class Consultations:
    """Collects which alerts were sent to whom, and tells that in few transactions.

    That somebody began to listen is in the log before the first alert is sent, see `begin`: after a
    crash it says who saw the alerts of its last seconds, though not which.
    """

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._openings = ToldTogether(audit.append)
        self._seen: defaultdict[Actor, set[str]] = defaultdict(set)

    async def begin(self, actor: Actor, after: int) -> None:
        """Tell that somebody listens from now on; raises as `Audit.append` does.

        Those who come while another's is being written are told in one transaction after it: a
        leader that takes over is asked by everybody at once. All of them fail with it, since a
        database that hangs would keep each in turn waiting for as long.
        """
        records = (f"alerts-after:{after}",) if after >= 0 else ("alerts:to-come",)
        why = "an officer's stream of alerts was opened"
        await self._openings.tell(Deed(Act.CONSULTATION, records, why, actor))

    def note(self, actor: Actor, alert_id: str) -> None:
        """Note that an alert was sent to somebody."""
        self._seen[actor].add(alert_id)

    async def tell(self) -> None:
        """Tell what was noted; raises as `Audit.append` does, and keeps it then."""
        while told := list(islice(self._deeds(), _AT_ONCE)):
            await self._audit.append(*told)
            for deed in told:
                self._forget(deed)

    async def run(self) -> None:
        """Tell every few seconds until cancelled, and once more then."""
        try:
            while True:
                await asyncio.sleep(EVERY_S)
                try:
                    await self.tell()
                except Transient as error:
                    _log.warning("consultations not audited yet", error=type(error).__name__)
        finally:
            await self._tell_last()

    async def _tell_last(self) -> None:
        try:
            await self.tell()
        except LetheError as error:
            # Another leads: the entry of the stream's opening has to do.
            _log.warning("consultations not audited", error=type(error).__name__)

    def _deeds(self) -> Iterator[Deed]:
        for actor, seen in self._seen.items():
            for lot in in_lots([f"alert:{alert_id}" for alert_id in sorted(seen)]):
                yield Deed(Act.CONSULTATION, lot, "alerts were sent on an officer's stream", actor)

    def _forget(self, deed: Deed) -> None:
        if deed.actor is None:
            return
        seen = self._seen[deed.actor]
        seen.difference_update(record.removeprefix("alert:") for record in deed.records)
        if not seen:
            del self._seen[deed.actor]
