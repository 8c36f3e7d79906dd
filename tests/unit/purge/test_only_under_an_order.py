"""Frames are sealed inside valid orders and nowhere else, whatever clocks and forgers do."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support.forged_orders import (
    FORGED,
    FORMER,
    MINUTE_US,
    VALID,
    Window,
    by_a_former_officer,
)
from tests.support.forgetting import resumed, seal_frame, signer_of
from tests.support.pipeline import Pipeline
from tests.support.rosters import Colleagues

from lethe.contracts.base import InvalidMessage
from lethe.contracts.errors import Refused, RolledBack
from lethe.contracts.keys import GrantedKey, Role
from lethe.contracts.orders import DeploymentOrdered, OrderStatus
from lethe.contracts.suspension import SuspensionGround
from lethe.shredding.authorising import sign_state
from lethe.shredding.clock import instant
from lethe.shredding.keyfiles import read_private_key
from lethe.shredding.orders import OrderBook
from lethe.shredding.roster import LOCAL_PEOPLE
from lethe.shredding.trust import LocalTrust

# Until all that was granted before is dead: a suspension stops what comes after it.
LIFE_MS = 1_100


@dataclass
class _Expected:
    """What a valid order allows, as the test knows and no code under test does."""

    starts_at_us: int
    ends_at_us: int
    ended: bool = False
    suspended: bool = False

    def covers(self, wall_us: int) -> bool:
        return not self.ended and self.starts_at_us <= wall_us < self.ends_at_us


class _World:
    """The services that obey orders, what was sent to them, and what is to be expected."""

    def __init__(self, trust: LocalTrust, folder: Path) -> None:
        self.trust = trust
        self.people = Colleagues(folder)
        self.people.add("former", FORMER)
        for name, role in {**LOCAL_PEOPLE, "alert": "alert"}.items():
            self.people.add(name, read_private_key(trust.key_file(name)), role=role)
        self.former_roster = self.people.file.read_bytes()
        self.people.remove("former")
        self.rosters = [self.people.roster() for _ in range(2)]
        self.purges, self.ingests = (OrderBook(each) for each in self.rosters)
        self.pipeline = Pipeline(trust, book=self.purges, order_check=self._is_ordered)
        self.valid: dict[str, _Expected] = {}
        self.sent: list[DeploymentOrdered] = []

    def order(self, *, is_valid: bool, kind: int, after_min: int, minutes: int) -> None:
        starts = self.wall_us + after_min * MINUTE_US
        name = f"d-{len(self.sent)}"
        window: Window = {
            "deployment_id": name,
            "starts_at_us": starts,
            "ends_at_us": starts + minutes * MINUTE_US,
        }
        makers = VALID if is_valid else FORGED
        self.send(makers[kind % len(makers)](self.trust, window))
        if is_valid:
            self.valid[name] = _Expected(starts, starts + minutes * MINUTE_US)

    def end(self, which: int) -> None:
        if self.valid:
            name = sorted(self.valid)[which % len(self.valid)]
            held = self.purges.by_deployment(name)
            assert held is not None
            officer = signer_of(self.trust, "officer")
            serial = held.serial + 1
            ended = sign_state(held.signed, officer, status=OrderStatus.ENDED, serial=serial)
            self.send(ended)
            self.valid[name].ended = True

    def suspend(self, which: int) -> None:
        live = [name for name, each in self.valid.items() if each.covers(self.wall_us)]
        if live:
            name = live[which % len(live)]
            self.pipeline.suspensions.suspend(
                name,
                SuspensionGround.FALSE_ALERTS,
                instance_id="purge-1",
                slot="slot",
                at=instant(self.pipeline.clock),
                false_alerts=4,
            )
            self.valid[name].suspended = True
            self.pipeline.time.advance_ms(LIFE_MS)

    def resume(self, which: int) -> None:
        """Let an officer lift a suspension that is in force."""
        if said := self.pipeline.suspensions.in_force():
            lifted = said[which % len(said)]
            held = self.purges.by_deployment(lifted.deployment_id)
            assert held is not None
            serial = held.serial + 1
            self.send(resumed(self.trust, held.signed, lifts=lifted.suspension_id, serial=serial))
            self.valid[lifted.deployment_id].suspended = False

    def roll_back_roster(self, _: int) -> None:
        """Mount the roster of before, on which somebody may still sign, and let them."""
        newest = self.people.file.read_bytes()
        self.people.file.write_bytes(self.former_roster)
        for roster in self.rosters:
            with suppress(RolledBack):
                roster.reload()
        window = {"starts_at_us": self.wall_us, "ends_at_us": self.wall_us + 6 * MINUTE_US}
        name = f"d-{len(self.sent)}"
        self.send(by_a_former_officer(self.trust, {"deployment_id": name, **window}))
        self.people.file.write_bytes(newest)

    def tamper(self, where: int) -> None:
        """Send an order that would be valid, but for one bit of it anywhere."""
        window: Window = {
            "deployment_id": f"d-{len(self.sent)}",
            "starts_at_us": self.wall_us - MINUTE_US,
            "ends_at_us": self.wall_us + 6 * MINUTE_US,
        }
        genuine = VALID[where % len(VALID)](self.trust, window)
        encoded = bytearray(genuine.encode())
        encoded[where // 8 % len(encoded)] ^= 1 << where % 8
        with suppress(InvalidMessage):
            altered = DeploymentOrdered.decode(bytes(encoded))
            if altered != genuine:
                self.send(altered)

    def replay(self, which: int) -> None:
        if self.sent:
            self.send(self.sent[which % len(self.sent)])

    def send(self, ordered: DeploymentOrdered) -> None:
        self.sent.append(ordered)
        for book in (self.purges, self.ingests):
            try:
                book.hear(ordered, self.wall_us)
            except Refused:
                continue

    def pass_time(self, minutes: int) -> None:
        self.pipeline.time.advance_ms(minutes * 60_000)

    def step_clock(self, minutes: int) -> None:
        self.pipeline.clock.step_wall(minutes * 60_000)

    def is_frame_sealed(self) -> bool:
        for role, granted in self.pipeline.grants().items():
            self.pipeline.holders[role].accept(granted)
        return seal_frame(self.pipeline.holders[Role.INGEST], b"a frame") is not None

    @property
    def is_expected(self) -> bool:
        return self.is_ordered and not self.is_suspended

    @property
    def is_ordered(self) -> bool:
        return len(self._covering()) == 1

    @property
    def is_suspended(self) -> bool:
        return any(each.suspended for each in self._covering())

    def _covering(self) -> list[_Expected]:
        return [each for each in self.valid.values() if each.covers(self.wall_us)]

    @property
    def wall_us(self) -> int:
        return self.pipeline.clock.wall_us()

    def _is_ordered(self, granted: GrantedKey, wall_us: int) -> bool:
        live = self.ingests.live_order(granted.lane, wall_us)
        return live is not None and live.order_hash == granted.order_hash


_STEPS = st.one_of(
    st.tuples(
        st.just("order"),
        st.sampled_from([True, True, False]),
        st.integers(0, 20),
        st.integers(-5, 2),
    ),
    st.tuples(st.just("end"), st.integers(0, 9)),
    st.tuples(st.just("replay"), st.integers(0, 9)),
    st.tuples(st.just("tamper"), st.integers(0, 100_000)),
    st.tuples(st.just("suspend"), st.integers(0, 9)),
    st.tuples(st.just("resume"), st.integers(0, 9)),
    st.tuples(st.just("roll_back_roster"), st.just(0)),
    st.tuples(st.just("pass_time"), st.integers(0, 6)),
    st.tuples(st.just("step_clock"), st.integers(-6, 6)),
)


def _take(world: _World, step: tuple[object, ...]) -> None:
    match step:
        case ("order", bool(is_valid), int(kind), int(after_min)):
            world.order(is_valid=is_valid, kind=kind, after_min=after_min, minutes=6)
        case (str(name), int(number)):
            getattr(world, name)(number)


def test_frames_are_sealed_inside_valid_orders_and_zero_outside(
    trust: LocalTrust, tmp_path: Path
) -> None:
    seen: Counter[str] = Counter()

    @settings(
        max_examples=360,
        deadline=None,
        derandomize=True,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(steps=st.lists(_STEPS, min_size=3, max_size=14))
    def play(steps: list[tuple[object, ...]]) -> None:
        world = _World(trust, tmp_path)
        for step in steps:
            _take(world, step)
            is_sealed, is_expected = world.is_frame_sealed(), world.is_expected
            assert is_sealed == is_expected, (step, is_sealed)
            seen["inside" if is_expected else "outside"] += 1
            seen[str(step[0])] += 1
            seen["suspended"] += world.is_ordered and world.is_suspended

    play()
    assert min(seen.values()) > 50, seen


@pytest.mark.parametrize("kind", range(len(FORGED)), ids=lambda kind: FORGED[kind].__name__)
def test_a_forged_order_seals_nothing_and_hinders_no_valid_one(
    trust: LocalTrust, kind: int, tmp_path: Path
) -> None:
    world = _World(trust, tmp_path)
    world.order(is_valid=False, kind=kind, after_min=-1, minutes=6)
    assert not world.is_frame_sealed()
    world.order(is_valid=True, kind=kind, after_min=-1, minutes=6)
    assert world.is_frame_sealed()
