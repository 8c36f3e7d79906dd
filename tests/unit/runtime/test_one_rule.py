"""Both readers pass over what somebody wrote by one rule, and go on with the next record."""

from collections.abc import Awaitable, Callable

import pytest
from aiokafka import TopicPartition
from prometheus_client import REGISTRY
from tests.support.brokers import settings_for
from tests.support.hostile import Raw
from tests.support.publishing import FakePublisher

from lethe.contracts.errors import Erased, InvalidInput, Refused, RolledBack
from lethe.contracts.stack import DeadLetter
from lethe.contracts.topics import CANDIDATES_FOUND
from lethe.runtime.deadletters import DeadLetters
from lethe.runtime.durable import DurableReader
from lethe.runtime.reader import Reader, Subscription
from lethe.runtime.records import Record

PARTITION = TopicPartition(CANDIDATES_FOUND.name, 0)
MARK = b"a passer-by"


class Desk:
    """A handler that raises over hostile records, and a reader in front of it."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.taken: list[bytes] = []
        self.committed: dict[TopicPartition, int] = {}
        self.publisher = FakePublisher()
        self.settings = settings_for("127.0.0.1:9", "alert-1")
        self.letters = DeadLetters(self.settings, self.publisher)

    async def handle(self, record: Record) -> None:
        if record.body == MARK:
            raise self.error
        self.taken.append(record.body)

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.committed |= offsets

    async def durable(self) -> Callable[[Raw], Awaitable[None]]:
        reader = DurableReader(self.settings, "alert", CANDIDATES_FOUND, self.handle, self.letters)
        await reader._consumer.stop()
        reader._consumer = self  # type: ignore[assignment]
        return lambda raw: reader._handle(PARTITION, raw, 0)

    async def live(self) -> Callable[[Raw], Awaitable[None]]:
        subscription = Subscription(CANDIDATES_FOUND, self.handle)
        reader = Reader(
            self.settings, [subscription], publisher=self.publisher, dead_letters=self.letters
        )
        await reader.stop()
        reader._table = {CANDIDATES_FOUND.name: subscription}
        return lambda raw: reader._dispatch(PARTITION, raw)


def gone() -> float:
    labels = {"topic": CANDIDATES_FOUND.name}
    return REGISTRY.get_sample_value("lethe_records_not_opened_total", labels) or 0.0


both = pytest.mark.parametrize("kind", ["durable", "live"])


async def reader_of(desk: Desk, kind: str) -> Callable[[Raw], Awaitable[None]]:
    return await (desk.durable() if kind == "durable" else desk.live())


@both
@pytest.mark.parametrize(
    "error",
    [
        ValueError("a passer-by"),
        KeyError("a passer-by"),
        UnicodeDecodeError("utf-8", MARK, 0, 1, "a passer-by"),
        Refused("forged"),
        RolledBack("older"),
        InvalidInput("doesn't fit"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_a_handler_raises_over_a_record_buries_that_record_only(
    error: Exception, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(error)
    take = await reader_of(desk, kind)
    await take(Raw(b"camera-1", MARK, offset=7))
    await take(Raw(b"camera-1", b"next", offset=8))
    assert desk.taken == [b"next"]
    [sent] = desk.publisher.sent
    letter = DeadLetter.decode(sent.body)
    assert (letter.error, letter.offset) == (type(error).__name__, 7)
    told = capsys.readouterr()
    assert MARK not in sent.body + (told.out + told.err).encode()
    if kind == "durable":
        assert desk.committed == {PARTITION: 9}


@both
async def test_what_is_erased_is_counted_and_no_dead_letter(kind: str) -> None:
    desk, before = Desk(Erased("its key is gone")), gone()
    take = await reader_of(desk, kind)
    await take(Raw(b"camera-1", MARK))
    await take(Raw(b"camera-1", b"next"))
    assert desk.taken == [b"next"]
    assert desk.publisher.sent == []
    assert gone() == before + 1


@both
async def test_a_mistake_in_the_program_is_not_taken_for_a_hostile_record(kind: str) -> None:
    take = await reader_of(Desk(TypeError()), kind)
    with pytest.raises(TypeError):
        await take(Raw(b"camera-1", MARK))
