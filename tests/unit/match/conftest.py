"""A roster with its keys, made once, and lists over an index in memory."""

import pytest
from tests.support.forgetting import local_trust
from tests.support.indexes import NumpyIndex
from tests.support.matching import Match

from lethe.match.watchlists import Watchlists
from lethe.shredding.trust import LocalTrust


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> LocalTrust:
    return local_trust(tmp_path_factory.mktemp("trust"))


@pytest.fixture(name="index")
def index_() -> NumpyIndex:
    return NumpyIndex()


@pytest.fixture(name="lists")
def lists_(index: NumpyIndex) -> Watchlists:
    return Watchlists(index, instance_id="match-1", resemblance_cosine=0.5, unlikeness_cosine=0.2)


@pytest.fixture(name="match")
async def match_(trust: LocalTrust) -> Match:
    match = Match(trust)
    await match.world.prepare()
    return match
