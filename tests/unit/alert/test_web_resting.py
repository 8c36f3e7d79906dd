"""Clients that have heard everything are told together, and none of them keeps anybody else."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pytest
from tests.support.alert_drafts import draft

from lethe.alert.audit.deeds import Actor
from lethe.alert.deliveries import Scope
from lethe.alert.hub import AlertHub, EventKind, HubEvent
from lethe.alert.identity.principal import Principal
from lethe.alert.web.listener import Listener
from lethe.alert.web.resting import Resting
from lethe.runtime.websockets import Wire


class FakeWire:
    """Takes what is written, unless its client is behind or gone."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.is_behind = self.is_gone = False

    def write(self, frames: bytes) -> bool:
        if self.is_gone:
            raise ConnectionResetError
        if not self.is_behind:
            self.taken.append(frames)
        return not self.is_behind


class Room:
    """Clients at rest, and the stream that they follow."""

    def __init__(self) -> None:
        self.hub = AlertHub("log", 1)
        self.resting = Resting(self.hub, self._following, tick_s=60)
        self.wires: list[FakeWire] = []
        self.tasks: list[asyncio.Task[Sequence[bytes]]] = []

    def _following(self, listener: Listener) -> Sequence[bytes] | None:
        events = [each for each in listener.subscription.take() if isinstance(each, HubEvent)]
        return [str(each.alert.sequence).encode() for each in events] or None

    async def enter(self) -> FakeWire:
        """Let one more client rest."""
        subscription = self.hub.subscribe(self.hub.last_sequence)
        console = self.hub.deliveries.connect(subscription, Scope())
        listener = Listener(cast("Principal", None), Actor("Ames", ()), subscription, console)
        wire = FakeWire()
        self.wires.append(wire)
        self.tasks.append(asyncio.create_task(self.resting.rest(cast("Wire", wire), listener)))
        await asyncio.sleep(0)
        return wire

    def publish(self, sequence: int) -> None:
        alert = replace(draft(f"alert-{sequence}"), sequence=sequence)
        self.hub.publish(HubEvent(EventKind.ALERT, alert))

    async def until_told(self, wire: FakeWire, count: int) -> None:
        async with asyncio.timeout(20):
            while len(wire.taken) < count:  # noqa: ASYNC110 - a wire sets no event
                await asyncio.sleep(0)


@pytest.fixture
async def room() -> Room:
    return Room()


async def test_everybody_at_rest_is_told_what_happens_once_and_in_order(room: Room) -> None:
    first, second = await room.enter(), await room.enter()
    room.publish(1)
    await room.until_told(second, 1)
    room.publish(2)
    room.publish(3)
    await room.until_told(second, 2)
    assert first.taken == second.taken == [b"1", b"23"]
    room.hub.close()
    assert await asyncio.gather(*room.tasks) == [(), ()]


async def test_whoever_is_behind_is_called_with_what_they_did_not_take(room: Room) -> None:
    behind, other = await room.enter(), await room.enter()
    behind.is_behind = True
    room.publish(1)
    await room.until_told(other, 1)
    assert await room.tasks[0] == [b"1"]
    room.publish(2)
    await room.until_told(other, 2)
    assert (behind.taken, other.taken) == ([], [b"1", b"2"])
    room.hub.close()


async def test_whoever_is_gone_hears_so_in_a_task_of_their_own(room: Room) -> None:
    gone, other = await room.enter(), await room.enter()
    gone.is_gone = True
    room.publish(1)
    await room.until_told(other, 1)
    with pytest.raises(ConnectionResetError):
        await room.tasks[0]
    room.hub.close()
    assert await room.tasks[1] == ()


async def test_while_many_are_told_others_have_their_turn(room: Room) -> None:
    """Whoever raises the next alert doesn't wait until everybody has heard of this one."""
    for _ in range(200):
        await room.enter()
    seen: list[int] = []

    async def raising() -> None:
        while len(seen) < 2 or seen[-1] < len(room.wires):
            seen.append(sum(len(wire.taken) for wire in room.wires))
            await asyncio.sleep(0)

    room.publish(1)
    async with asyncio.timeout(20):
        await raising()
    assert len([count for count in seen if 0 < count < len(room.wires)]) > 1
    room.hub.close()


async def test_after_the_last_has_left_whoever_comes_is_told_again(room: Room) -> None:
    await room.enter()
    room.tasks[0].cancel()
    await asyncio.sleep(0)
    wire = await room.enter()
    room.publish(1)
    await room.until_told(wire, 1)
    room.hub.close()
    assert await room.tasks[1] == ()
