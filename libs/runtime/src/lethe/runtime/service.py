"""Running a service: settings in, signals, one-line errors, an exit code."""

import asyncio
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import structlog
import uvloop

from lethe.contracts.errors import InvalidInput, LetheError
from lethe.runtime.logging import configure_logging
from lethe.runtime.residue import WITHOUT_RESIDUE, starts_without_residue
from lethe.runtime.settings import ServiceSettings, load_settings

_Settings = TypeVar("_Settings", bound=ServiceSettings)
_log = structlog.get_logger()

_SWITCH_S = 0.0005
"""A worker thread that comes back from its computation gets the interpreter after this long, not
after five milliseconds of somebody else's turn."""

_ENVIRONMENT = f"set {', '.join(WITHOUT_RESIDUE)} as docker-compose.yml does"

EXIT_INPUT = 2
EXIT_FAULT = 1


class Stop(asyncio.Event):
    """Set when the service is to stop in order."""


def run_service(
    role: str,
    settings_kind: type[_Settings],
    serve: Callable[[_Settings, Stop], Awaitable[None]],
) -> int:
    """Run a service until SIGTERM or SIGINT and return its exit code.

    Parameters
    ----------
    serve
        Runs the service until `stop` is set.
    """
    try:
        settings = load_settings(settings_kind)
        configure_logging(settings.log_format, service=role, instance_id=settings.instance_id)
        if not starts_without_residue():
            _log.warning("what libraries free isn't overwritten", reason=_ENVIRONMENT)
        sys.setswitchinterval(_SWITCH_S)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_until_stopped(settings, serve))
    except InvalidInput as error:
        sys.stderr.write(f"lethe {role}: {error}\n")
        return EXIT_INPUT
    except BaseExceptionGroup as group:
        return _report(role, group)
    except LetheError as error:
        sys.stderr.write(f"lethe {role}: {error}\n")
        return EXIT_FAULT
    except Exception as error:  # noqa: BLE001 - the last resort of a process: one line, exit code 1
        return _report(role, BaseExceptionGroup(role, [error]))
    return 0


def _report(role: str, group: BaseExceptionGroup[BaseException]) -> int:
    """Tell the first failure of a group in one line, without its traceback."""
    first: BaseException = group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    text = str(first) if isinstance(first, LetheError) else _describe(first)
    sys.stderr.write(f"lethe {role}: {text}\n")
    return EXIT_INPUT if isinstance(first, InvalidInput) else EXIT_FAULT


def _describe(error: BaseException) -> str:
    """Return class and place of an unexpected failure: its text may hold content."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"failed with {type(error).__name__}{place}"


async def _until_stopped(
    settings: _Settings, serve: Callable[[_Settings, Stop], Awaitable[None]]
) -> None:
    stop = Stop()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(settings, stop)


async def run_parts(stop: Stop, *parts: Coroutine[Any, Any, None]) -> None:
    """Run parts until `stop` is set or one fails, then cancel the rest and wait for them.

    Raises
    ------
    BaseExceptionGroup
        With the failure of a part.
    """
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part) for part in parts]
        await stop.wait()
        _log.info("stopping")
        for task in tasks:
            task.cancel()
