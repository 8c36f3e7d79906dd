"""A roster with its keys, made once."""

import pytest
from tests.support.forgetting import local_trust

from lethe.shredding.trust import LocalTrust


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> LocalTrust:
    return local_trust(tmp_path_factory.mktemp("trust"))
