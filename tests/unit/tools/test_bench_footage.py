"""Footage that benches look at in another form lasts as long as it did."""

from pathlib import Path

import av
import pytest
from tests.support.clips import write_clip
from tools.bench.footage import transcoded


@pytest.mark.parametrize(("frames_per_s", "expected"), [(12, 24), (2, 4)])
def test_footage_is_written_again_in_another_size_and_rate(
    tmp_path: Path, frames_per_s: int, expected: int
) -> None:
    clip = write_clip(tmp_path / "clip.mp4")
    again = transcoded(clip, tmp_path / "again.mp4", width=64, height=48, frames_per_s=frames_per_s)
    with av.open(str(again)) as video:
        frames = list(video.decode(video=0))
    assert {(frame.width, frame.height) for frame in frames} == {(64, 48)}
    assert [frame.time for frame in frames] == pytest.approx(
        [index / frames_per_s for index in range(expected)]
    )


def test_of_footage_the_beginning_may_be_enough(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4")
    again = transcoded(clip, tmp_path / "again.mp4", width=64, height=48, seconds=0.5)
    with av.open(str(again)) as video:
        assert len(list(video.decode(video=0))) == 6
