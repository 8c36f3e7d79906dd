"""Who may send a ticket of whom."""

from pathlib import Path

import pytest
from tests.support.custody import Custody
from tests.support.forgetting import an_order, book_with
from tests.support.rosters import Colleagues

from lethe.contracts.errors import Refused
from lethe.contracts.keys import Role
from lethe.contracts.topics import DETECT_TICKET, MATCH_TICKET
from lethe.shredding.heard import read_ticket
from lethe.shredding.ownership import HeardTicket
from lethe.shredding.trust import LocalTrust


class Readers:
    """Tickets of detect, by whoever signs and sends them."""

    def __init__(self, folder: Path, trust: LocalTrust) -> None:
        self.custody = Custody(book_with(trust, an_order()))
        self.colleagues = Colleagues(folder)

    def read(
        self, signer: str, instance_id: str, *, key: str | None = None, role: Role = Role.DETECT
    ) -> HeardTicket:
        sent = self.custody.ticket(role, instance_id=instance_id)
        topic = DETECT_TICKET
        envelope = self.colleagues.add(signer, role="detect").sign(topic.name, sent.encode())
        roster, now = self.colleagues.roster(), self.custody.clock.now()
        return read_ticket(topic, key or instance_id, envelope.encode(), roster, now)


@pytest.fixture(name="readers")
def readers_(tmp_path: Path, trust: LocalTrust) -> Readers:
    return Readers(tmp_path, trust)


@pytest.mark.parametrize("signer", ["detect", "detect-2"])
def test_a_role_speaks_for_all_its_instances_and_an_instance_for_itself(
    readers: Readers, signer: str
) -> None:
    assert readers.read(signer, "detect-2").ticket.instance_id == "detect-2"


@pytest.mark.parametrize("signer", ["detect-1", "detect-22", "Detect", "match"])
def test_who_has_the_key_of_an_instance_speaks_for_no_other(readers: Readers, signer: str) -> None:
    with pytest.raises(Refused, match="another instance"):
        readers.read(signer, "detect-2")


def test_a_ticket_is_sent_under_its_instance_and_role(readers: Readers) -> None:
    with pytest.raises(Refused, match="another role or instance"):
        readers.read("detect", "detect-2", key="detect-1")
    with pytest.raises(Refused, match="another role or instance"):
        readers.read("detect", "match-1", role=Role.MATCH)


def test_a_ticket_of_another_topic_is_refused(readers: Readers) -> None:
    sent = readers.custody.ticket(Role.DETECT, instance_id="detect-1")
    signer = readers.colleagues.add("detect", role="detect")
    body = signer.sign(DETECT_TICKET.name, sent.encode()).encode()
    roster, now = readers.colleagues.roster(), readers.custody.clock.now()
    with pytest.raises(Refused):
        read_ticket(MATCH_TICKET, "detect-1", body, roster, now)
