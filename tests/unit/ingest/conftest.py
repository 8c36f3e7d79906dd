"""A roster with its keys, made once; one camera on a live path; the cameras of an instance."""

from collections.abc import AsyncIterator, Iterator

import pytest
from tests.support.forgetting import local_trust
from tests.support.house import House
from tests.support.studio import Studio

from lethe.contracts.keys import Role
from lethe.runtime.threads import Threads
from lethe.shredding.trust import LocalTrust


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> LocalTrust:
    return local_trust(tmp_path_factory.mktemp("trust"))


@pytest.fixture
def studio(trust: LocalTrust) -> Studio:
    return Studio(trust)


@pytest.fixture
def threads() -> Iterator[Threads]:
    threads = Threads("seal", 1)
    yield threads
    threads.close()


@pytest.fixture
async def house(trust: LocalTrust, threads: Threads) -> AsyncIterator[House]:
    house = House(trust, threads)
    yield house
    for camera_id in list(house.cameras._running):
        await house.cameras._stop(camera_id)
    holder = house.path.holders[Role.INGEST]
    holder.release_all()
    assert holder.holds_nothing()
    assert all(c.offered == len(c.captured) + sum(c.dropped.values()) for c in house.counts)
