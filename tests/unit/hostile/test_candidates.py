"""Candidate lists that somebody made up become no alerts, and hold up none behind them."""

import pytest
from aiokafka import TopicPartition
from tests.support.brokers import settings_for
from tests.support.clocks import FakeClock
from tests.support.forgetting import local_trust
from tests.support.hostile import MARK, Attack, Raw, attacks, good, signed_by_another
from tests.support.members import member_of
from tests.support.publishing import FakePublisher
from tests.unit.hostile.services import Everything, alert_handlers

from lethe.contracts.keys import Role
from lethe.contracts.topics import CANDIDATES_FOUND
from lethe.runtime.deadletters import DeadLetters
from lethe.runtime.durable import DurableReader
from lethe.shredding.trust import LocalTrust

_PARTITION = TopicPartition(CANDIDATES_FOUND.name, 0)
_ATTACKS = attacks(CANDIDATES_FOUND, "alert")


@pytest.fixture(name="trust", scope="module")
def trust_(tmp_path_factory: pytest.TempPathFactory) -> LocalTrust:
    return local_trust(tmp_path_factory.mktemp("trust"))


class Inbox:
    """alert's handler of candidate lists behind its reader, and what it passed on."""

    def __init__(self, trust: LocalTrust) -> None:
        clock = FakeClock()
        self.publisher, self.domain = FakePublisher(clock), Everything()
        member = member_of(trust, Role.ALERT, clock)
        handlers = alert_handlers(member, self.domain)
        settings = settings_for("127.0.0.1:9", "alert-1")
        letters = DeadLetters(settings, self.publisher)
        self.committed = 0
        self.reader = DurableReader(
            settings, "alert", CANDIDATES_FOUND, handlers.on_candidates, letters
        )

    async def commit(self, offsets: dict[TopicPartition, int]) -> None:
        self.committed += len(offsets)

    async def take(self, raw: Raw) -> None:
        await self.reader._handle(_PARTITION, raw, 0)


@pytest.fixture(name="inbox")
async def inbox_(trust: LocalTrust) -> Inbox:
    inbox = Inbox(trust)
    await inbox.reader._consumer.stop()
    inbox.reader._consumer = inbox  # type: ignore[assignment]
    return inbox


@pytest.mark.parametrize("attack", _ATTACKS.values(), ids=_ATTACKS)
async def test_what_is_made_up_is_buried_and_the_next_is_taken(
    inbox: Inbox, trust: LocalTrust, capsys: pytest.CaptureFixture[str], attack: Attack
) -> None:
    await inbox.take(attack(good(CANDIDATES_FOUND, trust)))
    assert inbox.domain.taken == []
    [letter] = inbox.publisher.sent
    assert letter.topic == CANDIDATES_FOUND.dead_letters
    assert MARK not in repr(letter).encode()
    await inbox.take(good(CANDIDATES_FOUND, trust))
    assert len(inbox.domain.taken) == 1
    assert inbox.committed == 2
    told = capsys.readouterr()
    assert MARK.decode() not in told.out + told.err


@pytest.mark.parametrize("other", ["ingest", "detect", "alert", "purge", "officer"])
async def test_nobody_but_match_finds_candidates(
    inbox: Inbox, trust: LocalTrust, other: str
) -> None:
    record = good(CANDIDATES_FOUND, trust)
    await inbox.take(signed_by_another(record, CANDIDATES_FOUND, trust, other))
    assert inbox.domain.taken == []
    assert len(inbox.publisher.sent) == 1
