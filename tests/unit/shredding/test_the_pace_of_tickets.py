"""Every ticket says what its holder owns and takes part in at that moment."""

import asyncio

from tests.support.forgetting import FakeSwitch

from lethe.contracts.keys import KeyTicket, Role
from lethe.contracts.sealed import SignedEnvelope
from lethe.contracts.topics import ALERT_TICKET
from lethe.runtime.observing import KeyObserver
from lethe.shredding.clock import SystemClock
from lethe.shredding.holder import Holder
from lethe.shredding.keytraffic import KeyTraffic
from lethe.shredding.signing import Signer
from lethe.shredding.terms import Standing
from lethe.shredding.trust import LocalTrust


async def test_every_ticket_says_what_holds_then_and_the_last_one_goodbye(
    trust: LocalTrust,
) -> None:
    asked, sent, done = [0], list[KeyTicket](), asyncio.Event()

    def asking() -> Standing:
        asked[0] += 1
        return Standing(looks=(f"gate-{asked[0]}",))

    async def send(_topic: object, _key: str, body: bytes) -> None:
        sent.append(KeyTicket.decode(SignedEnvelope.decode(body).payload))
        if len(sent) == 3:
            done.set()

    traffic = KeyTraffic(
        Holder("alert-1", Role.ALERT, "run", clock=SystemClock(), switch=FakeSwitch()),
        Signer.from_file(trust.key_file("alert")),
        trust.roster(),
        ticket_topic=ALERT_TICKET,
        send=send,
        standing=asking,
        observer=KeyObserver(),
        every_ms=1,
    )
    running = asyncio.create_task(traffic.run())
    await done.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [ticket.looks for ticket in sent[:3]] == [["gate-1"], ["gate-2"], ["gate-3"]]
    assert [ticket.sequence for ticket in sent] == list(range(1, len(sent) + 1))
    assert sent[-1].leaving
    assert not sent[-1].looks
