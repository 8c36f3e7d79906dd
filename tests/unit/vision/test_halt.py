"""A model's run ends midway when it is told to, and leaves nothing of what it worked on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tests.support.detect_bench import content_of
from tests.support.images import astronaut
from tests.support.packs import default_pack

from lethe.vision.errors import Halted
from lethe.vision.extract import FaceExtractor


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


def test_a_run_that_is_going_on_is_ended_from_another_thread(extractor: FaceExtractor) -> None:
    def run_until_halted() -> None:
        while True:
            template_of(extractor)

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(run_until_halted)
        template_of(FaceExtractor(default_pack()))
        assert not running.done()
        extractor.halt.now()
        assert isinstance(running.exception(), Halted)
    assert not content_of(extractor._memory).any()


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
