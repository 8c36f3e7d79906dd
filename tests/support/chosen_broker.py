"""Which broker the tests run on: `pytest --broker kafka`, or the embedded one."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.support.brokers import emptied, running_broker
from tools.kafka.node import ApacheKafka


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the command line choose."""
    parser.addoption(
        "--broker",
        choices=("embedded", "kafka"),
        default="embedded",
        help="what the integration and end-to-end tests run on",
    )


@pytest.fixture(scope="session")
def _node(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApacheKafka | None]:
    if request.config.getoption("broker") == "embedded":
        yield None
        return
    with ApacheKafka(tmp_path_factory.mktemp("kafka")) as node:
        yield node


@pytest.fixture
async def broker(_node: ApacheKafka | None, tmp_path: Path) -> AsyncIterator[str]:
    """Give the address of a broker that holds the registry's topics and nothing else."""
    async with _fresh(_node, tmp_path) as address:
        yield address


@pytest.fixture(scope="module")
def on_broker(_node: ApacheKafka | None) -> tuple[str, ...]:
    """Give the arguments with which `lethe` runs on the chosen broker, emptied before."""
    if _node is None:
        return ()
    asyncio.run(emptied(_node.address))
    return ("--broker", _node.address)


@asynccontextmanager
async def _fresh(node: ApacheKafka | None, folder: Path) -> AsyncIterator[str]:
    if node is None:
        async with running_broker(folder) as address:
            yield address
    else:
        await emptied(node.address)
        yield node.address
