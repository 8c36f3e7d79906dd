"""structlog with an allow-list: what isn't named here doesn't reach a log line."""

import logging
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

from lethe.runtime.settings import LogFormat

ALLOWED_KEYS = frozenset(
    {
        "event", "level", "timestamp", "logger", "service", "instance_id", "boot",
        "topic", "partition", "partitions", "offset", "generation", "camera_id", "deployment_id",
        "slot", "number", "outcome", "reason", "error", "count", "state", "port", "version",
        "duration_ms", "watchlist_id", "reference_id", "size", "leader", "term", "serial",
        "signal", "digest", "model",
    }
)  # fmt: skip
"""Keys of log lines. Values are names, counts and states: never content."""

_LONGEST_VALUE = 200
_AGAIN_S = 10.0


def _keep_allowed(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {key: _plain(value) for key, value in event.items() if key in ALLOWED_KEYS}


def _plain(value: object) -> object:
    """Let names and numbers through; of anything else only what it is."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_VALUE else f"<{len(value)} characters>"
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (list, tuple)) and len(value) <= _LONGEST_VALUE:
        return [_plain(item) for item in value]
    return f"<{type(value).__name__}>"


class _Lines:
    """Stderr, on which no service depends: a line that a full disk doesn't take is lost."""

    def write(self, text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            sys.stderr.flush()


@dataclass(slots=True)
class _Said:
    """When a line was logged last, and how often it was kept back since."""

    at_s: float
    kept_back: int = 0


class _StandardHandler(logging.Handler):
    """Passes warnings of libraries on by level and logger: their text may hold content.

    A client that can't reach its broker warns twenty times a second, in every service: the same
    line is logged once in ten seconds, and then says how often it was kept back.
    """

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock_s = clock_s
        self._said: dict[tuple[int, str, str | None], _Said] = {}

    def emit(self, record: logging.LogRecord) -> None:
        name = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        line, now_s = (record.levelno, record.name, name), self._clock_s()
        said = self._said.get(line)
        if said is not None and now_s - said.at_s < _AGAIN_S:
            said.kept_back += 1
            return
        self._said[line] = _Said(now_s)
        log = structlog.get_logger()
        if said is not None and said.kept_back:
            log = log.bind(count=said.kept_back)
        log.log(record.levelno, "library warning", logger=record.name, error=name)


def configure_logging(log_format: LogFormat, **bound: str) -> None:
    """Set up logging to stderr for this process.

    Parameters
    ----------
    bound
        Keys that every line carries, such as the service's name.
    """
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if log_format is LogFormat.JSON
        else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _keep_allowed,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Lines())),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(**bound)  # privacy: the allow-list drops other keys
    logging.basicConfig(handlers=[_StandardHandler()], level=logging.WARNING, force=True)
