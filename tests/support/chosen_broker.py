"""Which broker the tests run on: `pytest --broker kafka`, or the embedded one."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support.brokers import emptied, running_broker
from tools.kafka.node import ApacheKafka

OnBroker = Callable[[], tuple[str, ...]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the command line choose."""
    parser.addoption(
        "--broker",
        choices=("embedded", "kafka"),
        default="embedded",
        help="what the integration and end-to-end tests run on",
    )


@pytest.fixture(scope="session")
def kafka_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """Give one node of Apache Kafka for the whole session."""
    with ApacheKafka(tmp_path_factory.mktemp("kafka")) as node:
        yield node


@pytest.fixture
async def kafka(kafka_node: ApacheKafka) -> ApacheKafka:
    """Give Apache Kafka that holds the registry's topics and nothing else."""
    await emptied(kafka_node.address)
    return kafka_node


@pytest.fixture
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """Give the address of the chosen broker, holding the registry's topics and nothing else."""
    if request.config.getoption("broker") == "embedded":
        async with running_broker(tmp_path) as address:
            yield address
        return
    node: ApacheKafka = request.getfixturevalue("kafka_node")
    await emptied(node.address)
    yield node.address


@pytest.fixture(scope="module")
def on_broker(request: pytest.FixtureRequest) -> OnBroker:
    """Empty the chosen broker when called, and return the options that run the stack on it."""
    if request.config.getoption("broker") == "embedded":
        return lambda: ()
    node: ApacheKafka = request.getfixturevalue("kafka_node")

    def on_kafka() -> tuple[str, ...]:
        # A thread of its own: in a test's event loop no other can run.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, emptied(node.address)).result()
        return ("--broker", node.address)

    return on_kafka
