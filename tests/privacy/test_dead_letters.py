"""A dead letter says where a record lies and what class of error it met: nothing of its content."""

import pytest
from tests.support.brokers import settings_for
from tests.support.publishing import FakePublisher, record

from lethe.contracts.enrolment import TemplatePayload
from lethe.contracts.errors import InvalidInput
from lethe.contracts.stack import DeadLetter
from lethe.contracts.topics import FRAME_CAPTURED
from lethe.runtime.deadletters import DeadLetters

_CONTENT = b"the template of a passer-by"


async def buried(error: Exception) -> tuple[DeadLetter, bytes]:
    """Bury a record; give the letter, and everything that was published of it as bytes."""
    publisher = FakePublisher()
    letters = DeadLetters(settings_for("127.0.0.1:9", "match-1"), publisher)
    headers = [("lethe-crop", _CONTENT)]
    await letters.bury(record(FRAME_CAPTURED, "camera-1", _CONTENT, headers, partition=3), error)
    (sent,) = publisher.sent
    assert sent.topic == FRAME_CAPTURED.dead_letters
    everything = repr((sent.key, sent.headers)).encode() + sent.body
    return DeadLetter.decode(sent.body), everything


async def test_a_dead_letter_holds_no_part_of_the_record_or_of_the_error() -> None:
    _, everything = await buried(ValueError(f"can't read {_CONTENT!r}"))
    assert _CONTENT not in everything
    assert b"passer-by" not in everything


async def test_a_dead_letter_says_where_the_record_lies_and_what_class_of_error_it_met() -> None:
    letter, _ = await buried(InvalidInput("odd"))
    assert (letter.topic, letter.partition, letter.offset) == (FRAME_CAPTURED.name, 3, 7)
    assert (letter.consumer, letter.error) == ("match-1", "InvalidInput")


async def test_a_body_that_does_not_fit_is_told_without_its_content() -> None:
    body = b"\x81\xa8template\xa3" + b"abc"
    with pytest.raises(InvalidInput) as refused:
        TemplatePayload.decode(body)
    assert "abc" not in str(refused.value)
    # Neither by way of the error that it came from, which a traceback would print.
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


def test_a_payload_that_is_put_together_wrongly_is_told_without_its_content() -> None:
    with pytest.raises(ValueError, match="validation error") as refused:
        TemplatePayload(reference_id=_CONTENT, template=[_CONTENT])  # type: ignore[call-arg]
    assert "passer-by" not in str(refused.value)
