"""Faces outside of a camera's zone are counted, and nothing else is done with them."""

from collections.abc import Iterator

import pytest
from tests.support.detect_bench import DetectBench
from tests.support.forgetting import CAMERA
from tests.support.images import astronaut, group_photo
from tests.unit.detect.test_frames import check_counts

from lethe.detect.zones import NOWHERE, Zone, Zones
from lethe.shredding.trust import LocalTrust


@pytest.fixture(name="bench")
def bench_(trust: LocalTrust) -> Iterator[DetectBench]:
    bench = DetectBench(trust)
    bench.run_slot()
    yield bench
    bench.check_clear()


class FixedZones(Zones):
    """One zone for every camera."""

    def __init__(self, zone: Zone | None) -> None:
        self.zone = zone

    def of(self, camera_id: str, deployment_id: str) -> Zone | None:  # noqa: ARG002 - the same for all
        assert camera_id == CAMERA
        return self.zone


LEFT_HALF = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]


def test_faces_outside_the_zone_are_counted_and_not_searched(bench: DetectBench) -> None:
    bench.frames._zones = FixedZones(LEFT_HALF)
    result = bench.frames.process(*bench.frame(group_photo()))
    check_counts(result)
    outside = result.report.discarded["outside_zone"]
    assert result.report.faces_seen == 6
    assert 0 < outside < 6
    assert len(result.probes) == 6 - outside


def test_without_a_zone_the_whole_picture_counts(bench: DetectBench) -> None:
    bench.frames._zones = FixedZones(None)
    assert len(bench.frames.process(*bench.frame(group_photo())).probes) == 6


def test_a_camera_whose_zone_isnt_known_yet_is_not_searched(bench: DetectBench) -> None:
    bench.frames._zones = FixedZones(NOWHERE)
    result = bench.frames.process(*bench.frame(astronaut()))
    check_counts(result)
    assert (result.probes, result.report.discarded) == ([], {"outside_zone": 1})
