"""A model's run ends midway when it is told to, and leaves nothing of what it worked on."""

from collections.abc import Iterator
from threading import Timer
from typing import Any

import numpy as np
import pytest
from tests.support.detect_bench import content_of
from tests.support.images import astronaut, group_photo, resized
from tests.support.packs import default_pack

from lethe.vision.errors import Halted
from lethe.vision.extract import FaceExtractor
from lethe.vision.halt import Halt
from lethe.vision.yunet import DetectorSettings, YuNetDetector


@pytest.fixture(name="extractor", scope="module")
def extractor_() -> FaceExtractor:
    return FaceExtractor(default_pack())


@pytest.fixture(autouse=True)
def _run_again(extractor: FaceExtractor) -> Iterator[None]:
    yield
    extractor.halt.reset()


def template_of(extractor: FaceExtractor) -> np.ndarray:
    with extractor.extract(astronaut()) as extraction:
        return np.array(extraction.templates[0])


class Told:
    """A session whose runs are halted from another thread once they are going on."""

    def __init__(self, session: Any, halt: Halt) -> None:
        self.session, self.halt = session, halt

    def run_with_iobinding(self, *arguments: Any) -> None:
        # By then the run is in its network: it takes many times as long.
        telling = Timer(0.02, self.halt.now)
        telling.start()
        try:
            self.session.run_with_iobinding(*arguments)
        finally:
            telling.join()


def test_a_run_that_is_going_on_is_ended_midway() -> None:
    halt = Halt()
    size = (1920, 1920)
    settings = DetectorSettings(size=size)
    detector = YuNetDetector(default_pack().detector_path, settings=settings, halt=halt)
    image = resized(group_photo(), size)
    assert detector.detect(image)
    session, detector._session = detector._session, Told(detector._session, halt)
    with pytest.raises(Halted):
        detector.detect(image)
    assert detector._plan is not None
    assert not content_of(detector._plan.memory).any()
    halt.reset()
    detector._session = session
    assert detector.detect(image)


@pytest.mark.parametrize("model", ["_detector", "_embedder"])
def test_each_model_looks_at_the_switch(
    extractor: FaceExtractor, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = getattr(extractor, model)
    method = "detect" if model == "_detector" else "embed"
    run = getattr(part, method)

    def halted_first(*arguments: object) -> object:
        extractor.halt.now()
        return run(*arguments)

    monkeypatch.setattr(part, method, halted_first)
    with pytest.raises(Halted), extractor.extract(astronaut()):
        pass
    memory = part._memory if model == "_embedder" else part._plan.memory
    assert not content_of(memory).any()
    assert not content_of(extractor._memory).any()


def test_after_a_reset_results_are_what_they_were(extractor: FaceExtractor) -> None:
    before = template_of(extractor)
    extractor.halt.now()
    with pytest.raises(Halted):
        template_of(extractor)
    extractor.halt.reset()
    np.testing.assert_array_equal(template_of(extractor), before)


def test_a_failure_that_is_no_halt_keeps_its_class(extractor: FaceExtractor) -> None:
    class Failing:
        def run_with_iobinding(self, *_arguments: object) -> None:
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        extractor.halt.run(Failing(), None)
