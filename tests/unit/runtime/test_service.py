"""A service ends with a code that says why, and with one line when it fails."""

import os
import signal
import subprocess
import sys

import pytest

from lethe.runtime.residue import WITHOUT_RESIDUE

SECRET = "the template of a passer-by"
_SERVICE = """
import asyncio, sys
from lethe.contracts.errors import InvalidInput, Refused, Transient
from lethe.runtime.service import run_parts, run_service
from lethe.runtime.settings import ServiceSettings

async def cleaned(part):
    try:
        await part
    finally:
        print("cleaned up", flush=True)

async def forever():
    print("serving", flush=True)
    await asyncio.Event().wait()

async def once():
    return None

async def failing(error):
    await asyncio.sleep(0)
    raise error

async def serve(settings, stop):
    {serve}

sys.exit(run_service("match", ServiceSettings, serve))
"""
_FOREVER = "await run_parts(stop, cleaned(forever()), once())"
_NEEDED = {
    "LETHE_INSTANCE_ID": "match-1",
    "LETHE_ROSTER_FILE": "roster.json",
    "LETHE_ROSTER_ROOT": "",
    "LETHE_SIGNING_KEY_FILE": "match.key",
    **WITHOUT_RESIDUE,
}


def started(serve: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _SERVICE.format(serve=serve)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | _NEEDED | environment,
    )


def ended(serve: str, **environment: str) -> tuple[int, str, str]:
    """Run a service to its end; return its code, what it printed and what it told."""
    with started(serve, **environment) as process:
        printed, told = process.communicate(timeout=60)
    return process.returncode, printed, told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_parts_in_order_and_the_service_ends_well(
    number: signal.Signals,
) -> None:
    with started(_FOREVER) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "serving\n"
        process.send_signal(number)
        printed, told = process.communicate(timeout=60)
    assert (process.returncode, printed) == (0, "cleaned up\n")
    [line] = told.splitlines()
    assert '"event": "stopping"' in line


@pytest.mark.parametrize(
    ("serve", "code", "line"),
    [
        ("raise InvalidInput('the roster is missing; run it')", 2, "the roster is missing; run it"),
        ("raise Refused('the roster does not hold')", 1, "the roster does not hold"),
        (
            "await run_parts(stop, cleaned(failing(InvalidInput('port 1: taken'))))",
            2,
            "port 1: taken",
        ),
        (
            "await run_parts(stop, cleaned(failing(Transient('broker gone'))), forever())",
            1,
            "broker gone",
        ),
    ],
)
def test_an_error_of_ours_is_one_line_and_says_whether_the_user_can_mend_it(
    serve: str, code: int, line: str
) -> None:
    ends, printed, told = ended(serve)
    assert (ends, told) == (code, f"lethe match: {line}\n")
    assert ("cleaned up" in printed) == ("cleaned" in serve)


@pytest.mark.parametrize(
    "serve",
    [
        f"raise ValueError({SECRET!r})",
        f"await run_parts(stop, cleaned(failing(KeyError({SECRET!r}))), forever())",
    ],
)
def test_of_an_unexpected_error_the_class_and_the_place_are_told_and_nothing_else(
    serve: str,
) -> None:
    code, _, told = ended(serve)
    assert code == 1
    assert told.startswith("lethe match: failed with ")
    assert told.count("\n") == 1
    assert SECRET not in told
    assert "<string>:" in told


def test_settings_that_do_not_do_end_it_before_it_begins() -> None:
    code, printed, told = ended(_FOREVER, LETHE_BROKER_PASSWORD=SECRET, LETHE_HTTP_PORT="no")
    assert (code, printed) == (2, "")
    assert told.startswith("lethe match: settings: LETHE_HTTP_PORT: ")
    assert told.count("\n") == 1
    assert SECRET not in told


def test_a_service_says_when_what_it_frees_is_not_overwritten() -> None:
    code, _, told = ended("stop.set()", PYTHONMALLOC="pymalloc")
    assert code == 0
    assert "what libraries free isn't overwritten" in told
