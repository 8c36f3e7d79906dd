"""Run docker-compose.yml without Docker: `python -m tools.compose`; Ctrl-C ends it.

The five services and the one-shot commands are the file's own, with its settings, secrets, order
and health checks. Stand-ins: Apache Kafka is the broker that --broker names, or the embedded one;
PostgreSQL is a temporary server of this machine; Qdrant is match's local mode, since no server
comes as a package.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from tools.compose.file import Part, load_parts
from tools.compose.passwords import (
    make_camera_secrets_folder,
    make_key_folder,
    make_passwords,
    make_receipts_folder,
)
from tools.compose.running import Composition
from tools.compose.stand_ins import StandIns
from tools.postgres import running_postgres

from lethe.cli.errors import exit_code, one_line
from lethe.cli.home import find_home
from lethe.cli.stack.broker import broker_environment, broker_spec, wait_listening
from lethe.cli.stack.memory import rss_mb
from lethe.cli.stack.ports import LOOPBACK, free_ports, require_free_port
from lethe.cli.stack.process import Child
from lethe.cli.stack.rolling import keep_rolling
from lethe.cli.stopping import StopRequest
from lethe.contracts.errors import LetheError
from lethe.runtime.admin import TopicAdmin

_DATABASE = "postgres"
_NAMED = ("LETHE_FOOTAGE", "LETHE_WATCHLIST", "LETHE_MODELS", "LETHE_TRUST", "LETHE_CAMERA_SECRETS")


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.compose", description=__doc__)
    parser.add_argument("--broker", metavar="HOST:PORT", help="a broker that runs already")
    parser.add_argument("--port", type=int, default=8080, help="of the alert page; 0 is a free one")
    parser.add_argument("--profile", action="append", default=[], help="as Docker Compose's")
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        type=_extra,
        metavar="PART=ARGUMENT",
        help="give the command of a part one more argument",
    )
    return parser.parse_args(arguments)


def _extra(text: str) -> tuple[str, str]:
    part, found, argument = text.partition("=")
    if not found:
        raise argparse.ArgumentTypeError("give it as PART=ARGUMENT")
    return part, argument


def _arguments_for(name: str, also: list[tuple[str, str]]) -> list[str]:
    return [argument for part, argument in also if part == name]


def _say(text: str) -> None:
    sys.stdout.write(f"{one_line(text)}\n")
    sys.stdout.flush()


async def run(options: argparse.Namespace) -> None:
    """Run the file until Ctrl-C."""
    stop = StopRequest()
    stop.listen()
    with tempfile.TemporaryDirectory(prefix="compose-of-lethe-") as name:
        folder = Path(name)
        port = require_free_port(options.port)
        everything = load_parts(_variables(folder, port))
        active = {
            name: replace(part, command=(*part.command, *_arguments_for(name, options.also)))
            for name, part in everything.items()
            if part.service and set(part.profiles) <= set(options.profile)
        }
        async with _broker(options.broker, folder) as broker:
            await _run_on(broker, stop, everything[_DATABASE], active, folder, port)


async def _run_on(
    broker: dict[str, str],
    stop: StopRequest,
    database: Part,
    active: dict[str, Part],
    folder: Path,
    port: int,
) -> None:
    serving = [name for name, part in active.items() if part.healthcheck]
    ports = dict(zip(serving, free_ports(len(serving)), strict=True)) | {"alert": port}
    password = database.mounts[database.environment["POSTGRES_PASSWORD_FILE"]].read_text()
    with running_postgres(database.environment["POSTGRES_USER"], password) as server:
        hosts = {
            "kafka:9092": broker["LETHE_BROKER"],
            _DATABASE: f"{LOOPBACK}:{server.port}",
            "http://qdrant:6333": None,
        }
        stand_ins = StandIns(active, folder / "containers", hosts, ports, settings=broker)
        composition = Composition(active, stand_ins, ports, folder, _say)
        try:
            await stop.during(composition.start())
            for name in serving:
                _say(f"{name} http://{LOOPBACK}:{ports[name]}")
            _say(f"ready; logs in {folder}")
            await composition.until(stop.wait(float("inf")))
        finally:
            await composition.stop()


def _variables(folder: Path, port: int) -> dict[str, str]:
    """Return the file's variables: this machine's own trust and footage, all else temporary."""
    home = find_home()
    home.require_set_up()
    make_passwords(folder / "passwords")
    make_key_folder(folder / "keys")
    make_camera_secrets_folder(home.secrets)
    for instance in ("purge-1", "alert-1"):
        make_receipts_folder(folder / instance)
    own = {
        "LETHE_FOOTAGE": str(home.demonstration),
        "LETHE_WATCHLIST": str(home.demonstration / "watchlist"),
        "LETHE_MODELS": str(home.models),
        "LETHE_TRUST": str(home.trust),
        "LETHE_CAMERA_SECRETS": str(home.secrets),
    }
    named = {name: os.environ[name] for name in _NAMED if name in os.environ}
    return (
        own
        | named
        | {
            "LETHE_KEYS": str(folder / "keys"),
            "LETHE_PASSWORDS": str(folder / "passwords"),
            "LETHE_PORT": str(port),
            "LETHE_RECEIPTS": str(folder / "purge-1"),
            "LETHE_RECEIPT_COPIES": str(folder / "alert-1"),
        }
    )


@asynccontextmanager
async def _broker(given: str | None, folder: Path) -> AsyncIterator[dict[str, str]]:
    """Give the settings with which the parts reach the broker."""
    if given is not None:
        yield {"LETHE_BROKER": given}
        return
    (port,) = free_ports(1)
    failure: asyncio.Future[LetheError] = asyncio.get_running_loop().create_future()
    broker = Child(broker_spec(port, folder / "broker.log"), _say, failure.set_result)
    await broker.start()
    try:
        await wait_listening(broker)
        broker.ready = True
        address = f"{LOOPBACK}:{port}"
        async with _rolled(address, lambda: rss_mb(broker.pid or 0)):
            yield broker_environment(address)
    finally:
        broker.begin_stop(kill=True)
        await broker.end_stop()


@asynccontextmanager
async def _rolled(address: str, broker_mb: Callable[[], float]) -> AsyncIterator[None]:
    """Free the embedded broker's memory as it goes: it has no retention."""
    async with TopicAdmin(address) as admin:
        rolling = asyncio.create_task(keep_rolling(admin, broker_mb, _say))
        try:
            yield
        finally:
            rolling.cancel()
            with suppress(asyncio.CancelledError):
                await rolling


def main() -> int:
    """Run the command; a failure is one line on stderr."""
    try:
        asyncio.run(run(_options(sys.argv[1:])))
    except LetheError as error:
        sys.stderr.write(f"compose: {one_line(str(error))}\n")
        return exit_code(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
