"""`lethe topics create` on a broker that `lethe` didn't start."""

import asyncio
import sys
from pathlib import Path

from tests.support.brokers import running_broker

from lethe.cli.stack.ports import LOOPBACK, free_ports


async def told(broker: str) -> tuple[int, str, str]:
    """Run the command; give its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "lethe.cli", "topics", "create", "--broker", broker),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_topics_that_are_there_stay_and_it_says_so(tmp_path: Path) -> None:
    async with running_broker(tmp_path) as broker:
        assert await told(broker) == (0, f"the topics are there on {broker}\n", "")


async def test_a_broker_that_does_not_answer_is_one_line() -> None:
    (port,) = free_ports(1)
    code, out, err = await told(f"{LOOPBACK}:{port}")
    assert (code, out) == (1, "")
    assert err.startswith("lethe: the broker can't be reached")
    assert err.count("\n") == 1
