"""Neither a template nor an image nor a key reaches a log line, whatever is handed to a logger."""

import base64
import json
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

_NEEDLE = bytes(range(180, 212))
# Sets logging up as every service does, then hands content to it in one hostile way after another.
_PROGRAM = """
import base64, contextvars, json, logging, sys
import numpy as np, structlog
from lethe.runtime.logging import configure_logging
from lethe.runtime.settings import LogFormat

needle = bytes(range(180, 212))
template = np.frombuffer(needle * 16, np.float32)
configure_logging(LogFormat(sys.argv[1]), service="match", template=needle.hex())
for statement in json.loads(sys.argv[2]):
    log = structlog.get_logger()
    contextvars.copy_context().run(exec, statement, globals())
    log.info("done")
"""

_HOSTILE = {
    "a key that isn't allowed": "log.info('x', template=needle.hex())",
    "bytes under an allowed key": "log.info('x', state=needle)",
    "an array under an allowed key": "log.info('x', state=template)",
    "a view under an allowed key": "log.info('x', state=memoryview(needle).cast('f'))",
    "a list of arrays": "log.info('x', state=[template])",
    "a mapping": "log.info('x', state={'template': needle.hex()})",
    "a long text": "log.info('x', error=base64.b64encode(needle * 16).decode())",
    "a long list of numbers": "log.info('x', count=list(needle * 16))",
    "an object with a telling repr": (
        "log.info('x', state=type('T', (), {'__repr__': lambda self: needle.hex()})())"
    ),
    "a bound value": "log.bind(crop=needle).info('x')",
    "a context variable": (
        "structlog.contextvars.bind_contextvars(image=needle.hex()); log.info('x')"
    ),
    "the text of an exception": (
        "\ntry:\n    raise ValueError(needle.hex())\nexcept ValueError:\n    log.exception('x')"
    ),
    "a library's message": "logging.getLogger('lib').error('bad template %s', needle.hex())",
    "a library's exception": (
        "\ntry:\n    raise ValueError(needle.hex())\nexcept ValueError:\n"
        "    logging.getLogger('lib').exception('bad %r', needle)"
    ),
}


@cache
def logged(log_format: str, *statements: str) -> list[list[str]]:
    """Give the log lines of each statement that a process runs, "done" being the last."""
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM, log_format, json.dumps(statements)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == ""
    told: list[list[str]] = [[]]
    for line in ended.stderr.splitlines():
        told[-1].append(line)
        if "done" in line:
            told.append([])
    assert told.pop() == []
    assert len(told) == len(statements)
    return told


def shows_content(lines: list[str]) -> bool:
    """Look for any four bytes in a row of the content, in every guise that text gives bytes."""
    text = "\n".join(lines)
    windows = [_NEEDLE[start : start + 4] for start in range(len(_NEEDLE) - 3)]
    # Base64 depends on the position: three bytes are four characters wherever they start.
    encoded = {base64.b64encode(_NEEDLE[start:])[:8].decode() for start in range(3)}
    guises = {window.hex() for window in windows} | encoded
    guises |= {repr(window)[2:-1] for window in windows}
    guises |= {", ".join(map(str, window)) for window in windows}
    return any(guise in text for guise in guises)


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize("statement", _HOSTILE.values(), ids=_HOSTILE.keys())
def test_content_does_not_reach_a_log_line(log_format: str, statement: str) -> None:
    everything = tuple(_HOSTILE.values())
    lines = logged(log_format, *everything)[everything.index(statement)]
    assert len(lines) >= 2
    assert not shows_content(lines)


@pytest.mark.parametrize(
    "line",
    [
        _NEEDLE.hex(),
        repr(_NEEDLE),
        str(list(_NEEDLE)),
        base64.b64encode(_NEEDLE * 4).decode(),
    ],
)
def test_these_tests_would_see_content(line: str) -> None:
    assert shows_content([f"state={line}"])


def test_names_numbers_and_states_do_reach_it() -> None:
    statement = "log.warning('held', topic='t', offset=3, leader=True, partitions=[1, 2])"
    line: dict[str, Any] = json.loads(logged("json", statement)[0][0])
    line.pop("timestamp")
    assert line == {
        "event": "held",
        "level": "warning",
        "service": "match",
        "topic": "t",
        "offset": 3,
        "leader": True,
        "partitions": [1, 2],
    }


def test_of_a_library_the_level_the_logger_and_the_class_of_the_error_are_told() -> None:
    statement = _HOSTILE["a library's exception"]
    line: dict[str, Any] = json.loads(logged("json", statement)[0][0])
    assert (line["level"], line["logger"], line["error"]) == ("error", "lib", "ValueError")
