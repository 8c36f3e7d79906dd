"""What every test has: the model pack, reproducible examples, and a machine of its own."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from tests.support.leftovers import nothing_left_running
from tests.support.network import NetworkWatch
from tests.support.packs import default_pack

from lethe.vision.pack import ModelPack

pytest_plugins = ["tests.support.suite", "tests.support.chosen_broker"]

# Examples are the same on every machine, and a slow machine fails nothing. To search further:
# pytest --hypothesis-profile=explore.
settings.register_profile(
    "ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("ci")

_network = NetworkWatch()


def pytest_sessionstart() -> None:
    """Watch the network before any test runs."""
    _network.install()


@pytest.fixture(scope="session")
def model_pack() -> ModelPack:
    """Give the default model pack."""
    return default_pack()


@pytest.fixture(autouse=True)
def _stay_on_this_machine() -> Iterator[None]:
    _network.take()
    yield
    attempts = _network.take()
    assert not attempts, attempts


@pytest.fixture(scope="module", autouse=True)
def _leave_nothing_running(request: pytest.FixtureRequest) -> Iterator[None]:
    # Unit tests of processes look after theirs, and fetching all children takes its time.
    if not {"browser", "e2e", "integration", "scale"} & set(request.path.parts):
        yield
        return
    if request.config.getoption("broker") == "kafka":
        request.getfixturevalue("kafka_node")  # it outlives the module, so it is there before
    with nothing_left_running():
        yield
