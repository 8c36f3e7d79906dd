"""A roster with its keys, made once, and a detect that holds the keys of a slot."""

from collections.abc import Iterator

import pytest
from tests.support.detect_bench import DetectBench
from tests.support.forgetting import local_trust

from lethe.shredding.trust import LocalTrust


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> LocalTrust:
    return local_trust(tmp_path_factory.mktemp("trust"))


@pytest.fixture(name="bench")
def bench_(trust: LocalTrust) -> Iterator[DetectBench]:
    bench = DetectBench(trust)
    bench.run_slot()
    yield bench
    bench.check_clear()
