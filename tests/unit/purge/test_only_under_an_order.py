"""Frames are sealed inside valid orders and nowhere else, whatever clocks and forgers do."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support.forgetting import an_order, drafted, operational, seal_frame, signed, signer_of
from tests.support.pipeline import Pipeline

from lethe.contracts.errors import Refused
from lethe.contracts.keys import GrantedKey, Role
from lethe.contracts.orders import DeploymentOrder, DeploymentOrdered, OrderStatus
from lethe.contracts.sealed import SignedEnvelope
from lethe.shredding.authorising import authorise, sign_order, sign_state
from lethe.shredding.orders import OrderBook
from lethe.shredding.trust import LocalTrust

MINUTE_US = 60_000_000
Window = dict[str, Any]


def _operational(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    return authorise(drafted(trust, **window), signer_of(trust, "officer"))


def _order(ordered: DeploymentOrdered) -> DeploymentOrder:
    return DeploymentOrder.decode(ordered.order.payload)


def _by_its_drafter(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    return authorise(drafted(trust, by="officer", **window), signer_of(trust, "officer"))


def _drafter_invented(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    own = drafted(trust, by="officer", **window).model_copy(update={"signer": "drafter"})
    return authorise(own, signer_of(trust, "officer"))


def _without_a_draft(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    return signed(trust, operational(**window))


def _widened_after_the_draft(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    order = _order(_operational(trust, window))
    return signed(trust, order.model_copy(update={"ends_at_us": order.ends_at_us + MINUTE_US}))


def _altered(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    genuine = _operational(trust, window)
    other = _order(genuine).model_copy(update={"threshold": 0.0}).encode()
    return genuine.model_copy(update={"order": _with(genuine.order, payload=other)})


def _unsigned(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    genuine = signed(trust, an_order(**window))
    return genuine.model_copy(update={"order": _with(genuine.order, signature=bytes(64))})


def _by_a_drafter_alone(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    draft = drafted(trust, by="officer", **window)
    return authorise(draft, signer_of(trust, "drafter"))


def _by_a_service(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    return sign_order(an_order(authorised_by="alert", **window), signer_of(trust, "alert"))


def _of_another_camera(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    return _operational(trust, window | {"camera_ids": ["gate-2"]})


def _with_unsigned_cameras(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    return _operational(trust, window | {"camera_hashes": None})


def _with_too_many_subjects(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    return _operational(trust, window | {"watchlist_size": 100_001})


def _with_anothers_state(trust: LocalTrust, window: Window) -> DeploymentOrdered:
    other = _operational(trust, window | {"deployment_id": "another", "threshold": 0.9})
    return _operational(trust, window).model_copy(update={"state": other.state})


def _with(envelope: SignedEnvelope, **changes: bytes) -> SignedEnvelope:
    return envelope.model_copy(update=changes)


VALID: tuple[Callable[[LocalTrust, Window], DeploymentOrdered], ...] = (
    _operational,
    lambda trust, window: signed(trust, an_order(**window)),
)
FORGED = (
    _by_its_drafter,
    _drafter_invented,
    _without_a_draft,
    _widened_after_the_draft,
    _altered,
    _unsigned,
    _by_a_drafter_alone,
    _by_a_service,
    _of_another_camera,
    _with_unsigned_cameras,
    _with_too_many_subjects,
    _with_anothers_state,
)


@dataclass
class _Expected:
    """What a valid order allows, as the test knows and no code under test does."""

    starts_at_us: int
    ends_at_us: int
    ended: bool = False

    def covers(self, wall_us: int) -> bool:
        return not self.ended and self.starts_at_us <= wall_us < self.ends_at_us


class _World:
    """The services that obey orders, what was sent to them, and what is to be expected."""

    def __init__(self, trust: LocalTrust) -> None:
        self.trust = trust
        self.purges, self.ingests = OrderBook(trust.roster()), OrderBook(trust.roster())
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
        return sum(each.covers(self.wall_us) for each in self.valid.values()) == 1

    @property
    def wall_us(self) -> int:
        return self.pipeline.clock.wall_us()

    def _is_ordered(self, granted: GrantedKey, wall_us: int) -> bool:
        live = self.ingests.live_order(granted.lane, wall_us)
        return live is not None and live.order_hash == granted.order_hash


_STEPS = st.one_of(
    st.tuples(st.just("order"), st.booleans(), st.integers(0, 20), st.integers(-5, 5)),
    st.tuples(st.just("end"), st.integers(0, 9)),
    st.tuples(st.just("replay"), st.integers(0, 9)),
    st.tuples(st.just("pass_time"), st.integers(0, 6)),
    st.tuples(st.just("step_clock"), st.integers(-6, 6)),
)


def _take(world: _World, step: tuple[object, ...]) -> None:
    match step:
        case ("order", bool(is_valid), int(kind), int(after_min)):
            world.order(is_valid=is_valid, kind=kind, after_min=after_min, minutes=6)
        case (str(name), int(number)):
            getattr(world, name)(number)


def test_frames_are_sealed_inside_valid_orders_and_zero_outside(trust: LocalTrust) -> None:
    seen: Counter[str] = Counter()

    @settings(
        max_examples=150,
        deadline=None,
        derandomize=True,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(steps=st.lists(_STEPS, min_size=3, max_size=14))
    def play(steps: list[tuple[object, ...]]) -> None:
        world = _World(trust)
        for step in steps:
            _take(world, step)
            is_sealed, is_expected = world.is_frame_sealed(), world.is_expected
            assert is_sealed == is_expected, (step, is_sealed)
            seen["inside" if is_expected else "outside"] += 1
            seen[str(step[0])] += 1

    play()
    assert min(seen.values()) > 50, seen


@pytest.mark.parametrize("kind", range(len(FORGED)), ids=lambda kind: FORGED[kind].__name__)
def test_a_forged_order_seals_nothing_and_hinders_no_valid_one(
    trust: LocalTrust, kind: int
) -> None:
    world = _World(trust)
    world.order(is_valid=False, kind=kind, after_min=-1, minutes=6)
    assert not world.is_frame_sealed()
    world.order(is_valid=True, kind=kind, after_min=-1, minutes=6)
    assert world.is_frame_sealed()
