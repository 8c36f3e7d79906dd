"""What isn't on the allow-list doesn't reach a log line, from us or from a library."""

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import structlog
import structlog.testing

from lethe.runtime.logging import _StandardHandler

SECRET = "the template of a passer-by"
_LOGGING = """
import logging
import structlog
from lethe.runtime.logging import configure_logging
from lethe.runtime.settings import LogFormat

configure_logging(LogFormat({form!r}), service="match", instance_id="match-1", secret={secret!r})
log = structlog.get_logger()
log.info("one", camera_id="gate-1", template={secret!r}, count=3)
log.bind(crop={secret!r}).warning("two", reason="none")
log.debug("three")
try:
    raise ValueError({secret!r})
except ValueError:
    log.exception("four", error="ValueError")
    logging.getLogger("aiokafka").exception("a message with %s", {secret!r})
logging.getLogger("aiokafka").info("five %s", {secret!r})
logging.getLogger("httpx").warning("six {secret}")
"""


def logged(form: str) -> str:
    """Return what a process logs, on stderr."""
    ended = subprocess.run(
        [sys.executable, "-c", _LOGGING.format(form=form, secret=SECRET)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout == ""
    return ended.stderr


@pytest.fixture(scope="module", name="lines")
def lines_() -> list[dict[str, Any]]:
    return [json.loads(line) for line in logged("json").splitlines()]


def test_a_line_holds_what_is_allowed_and_who_logged_it(lines: list[dict[str, Any]]) -> None:
    first = {k: v for k, v in lines[0].items() if k != "timestamp"}
    assert first == {
        "event": "one",
        "level": "info",
        "camera_id": "gate-1",
        "count": 3,
        "service": "match",
        "instance_id": "match-1",
    }
    assert lines[0]["timestamp"].endswith("Z")


def test_keys_that_nobody_allowed_are_left_out(lines: list[dict[str, Any]]) -> None:
    assert SECRET not in json.dumps(lines)
    assert not {"template", "crop", "secret", "exc_info", "exception"} & set().union(*lines)


def test_of_a_librarys_warning_the_level_the_logger_and_the_class_are_told(
    lines: list[dict[str, Any]],
) -> None:
    told = [
        (line["level"], line["logger"], line.get("error"))
        for line in lines
        if line["event"] == "library warning"
    ]
    assert told == [("error", "aiokafka", "ValueError"), ("warning", "httpx", None)]


def test_what_is_less_than_information_is_not_logged(lines: list[dict[str, Any]]) -> None:
    events = [line["event"] for line in lines]
    assert events == ["one", "two", "four", "library warning", "library warning"]


def test_on_a_console_the_same_is_left_out() -> None:
    text = logged("console")
    assert "gate-1" in text
    assert SECRET not in text


def test_a_line_that_a_full_disk_doesnt_take_is_lost_and_nothing_else() -> None:
    went_on = f"{_LOGGING.format(form='json', secret=SECRET)}\nprint('went on', flush=True)"
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-c", went_on],
            stdout=subprocess.PIPE,
            stderr=full,
            text=True,
            check=False,
        )
    assert ended.stdout == "went on\n"


def test_a_line_that_a_library_repeats_is_logged_once_in_a_while_with_how_often_it_was() -> None:
    clock = [0.0]
    handler = _StandardHandler(lambda: clock[0])
    other = logging.makeLogRecord({"name": "httpx", "levelno": logging.WARNING})
    same = logging.makeLogRecord({"name": "aiokafka", "levelno": logging.ERROR})
    with structlog.testing.capture_logs() as lines:
        for clock[0] in (0.0, 0.05, 0.1, 9.9):
            handler.emit(same)
        handler.emit(other)
        for clock[0] in (10.0, 10.05, 20.0, 30.0):
            handler.emit(same)
    told = [(line["logger"], line.get("count")) for line in lines]
    assert told == [
        ("aiokafka", None),
        ("httpx", None),
        ("aiokafka", 3),
        ("aiokafka", 1),
        ("aiokafka", None),
    ]
