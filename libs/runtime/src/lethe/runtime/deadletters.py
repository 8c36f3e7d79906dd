"""Dead letters: metadata and the exception's class of what couldn't be handled, nothing else."""

import structlog

from lethe.contracts.errors import Erased, LetheError, Transient
from lethe.contracts.headers import event_headers
from lethe.contracts.instants import Instant
from lethe.contracts.stack import DeadLetter
from lethe.runtime import metrics
from lethe.runtime.publisher import Publisher
from lethe.runtime.records import Record
from lethe.runtime.settings import ServiceSettings

_LIMIT_PER_MINUTE = 60
_MINUTE_MS = 60_000
_log = structlog.get_logger()

UNHANDLED = (LetheError, ValueError, KeyError)
"""What a handler may raise over what somebody wrote to a topic; anything else is a mistake of ours.

Decoders of libraries raise the latter two. A reader that ended by them would end at the same record
after every start.
"""


class DeadLetters:
    """Sends dead letters, up to a limit per minute: beyond it they are only counted.

    A misconfigured or hostile producer must not turn one topic's garbage into another's load.
    """

    def __init__(self, settings: ServiceSettings, publisher: Publisher) -> None:
        self._instance_id = settings.instance_id
        self._publisher = publisher
        self._window: Instant | None = None
        self._sent = 0

    async def pass_over(self, record: Record, error: Exception) -> None:
        """Count what is gone, bury the rest: the one rule for every reader."""
        if isinstance(error, Erased):
            metrics.RECORDS_NOT_OPENED.labels(record.topic.name).inc()
        else:
            await self.bury(record, error)

    async def bury(self, record: Record, error: Exception) -> None:
        """Count, log and publish what is known of a record that couldn't be handled."""
        name = type(error).__name__
        metrics.DEAD_LETTERS.labels(record.topic.name, name).inc()
        at = self._publisher.now()
        if not self._within_limit(at):
            return
        _log.warning(
            "dead letter",
            topic=record.topic.name,
            partition=record.partition,
            offset=record.offset,
            error=name,
        )
        letter = DeadLetter(
            topic=record.topic.name,
            partition=record.partition,
            offset=record.offset,
            consumer=self._instance_id,
            error=name,
            at=at,
        )
        headers = event_headers(
            event_type=record.topic.dead_letters,
            source=self._instance_id,
            at=at,
            content_type="application/msgpack",
        )
        try:
            await self._publisher.send_raw(
                record.topic.dead_letters, 0, record.topic.name, letter.encode(), headers
            )
        except Transient:
            metrics.NOT_PUBLISHED.labels(record.topic.dead_letters).inc()

    def _within_limit(self, now: Instant) -> bool:
        if self._window is None or now.since_ms(self._window) >= _MINUTE_MS:
            self._window, self._sent = now, 0
        self._sent += 1
        return self._sent <= _LIMIT_PER_MINUTE
