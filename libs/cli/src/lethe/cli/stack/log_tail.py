"""The last thing that a process logged, for an error message."""

import json
from pathlib import Path

_TAIL_BYTES = 16_384
_LIMIT = 300


def last_line(log_file: Path) -> str:
    """Return the last line of a log, without its JSON wrapping; "it logged nothing" if empty."""
    try:
        with log_file.open("rb") as log:
            log.seek(0, 2)
            log.seek(max(0, log.tell() - _TAIL_BYTES))
            lines = log.read().decode(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    if not lines:
        return "it logged nothing"
    return _in_words(lines[-1])[:_LIMIT]


def _in_words(line: str) -> str:
    try:
        record = json.loads(line)
    except ValueError:
        return line
    if not isinstance(record, dict) or "event" not in record:
        return line
    details = [str(record[key]) for key in ("error", "exception", "detail") if key in record]
    return ": ".join([str(record["event"]), *details])
