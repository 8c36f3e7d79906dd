import asyncio
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.alert_desk import instant

from lethe.alert.alerts import Alert
from lethe.alert.hub import AlertHub, EventKind, Gap, HubEvent, Subscription
from lethe.alert.judgements import Adjudication, Judgements
from lethe.contracts.adjudication import Capacity, Verdict
from lethe.contracts.orders import OrderType


def _alert(sequence: int, sightings: int = 1) -> Alert:
    return Alert(
        sequence=sequence,
        alert_id=f"alert-{sequence}",
        deployment_id="deployment-1",
        order_type=OrderType.LOCAL,
        camera_id="entrance",
        watchlist_id="watchlist-1",
        subject_id="subject-1",
        reference_id="reference-1",
        score=0.8,
        cosine=0.6,
        threshold=0.6,
        captured=instant(0),
        decided=instant(1),
        published=instant(2),
        candidates=(),
        sightings=sightings,
        last_sighting_wall_us=0,
        erase_at_wall_us=0,
    )


def _publish(hub: AlertHub, *sequences: int) -> None:
    for sequence in sequences:
        hub.publish(HubEvent(EventKind.ALERT, _alert(sequence)))


def _sequences(subscription: Subscription) -> list[int | Gap]:
    told: list[int | Gap] = []
    while taken := subscription.take(limit=3):
        told += [item if isinstance(item, Gap) else item.alert.sequence for item in taken]
    return told


@given(
    sequences=st.sets(st.integers(1, 60), max_size=40).map(sorted),
    split=st.integers(0, 40),
    after=st.integers(0, 60),
)
def test_a_resume_yields_exactly_what_was_missed_in_order(
    sequences: list[int], split: int, after: int
) -> None:
    hub = AlertHub("log", 1)
    _publish(hub, *sequences[:split])
    resumed_at = min(after, hub.last_sequence)
    subscription = hub.subscribe(resumed_at)
    _publish(hub, *sequences[split:])
    assert _sequences(subscription) == [s for s in sequences if s > resumed_at]


@settings(max_examples=200)
@given(
    count=st.integers(0, 60),
    kept=st.integers(1, 20),
    reads=st.lists(st.integers(0, 60), max_size=6),
    after=st.integers(0, 60),
)
def test_every_alert_is_delivered_in_order_or_covered_by_a_gap(
    count: int, kept: int, reads: list[int], after: int
) -> None:
    hub = AlertHub("log", 1, kept)
    subscription: Subscription | None = None
    told: list[int | Gap] = []
    for sequence in range(1, count + 1):
        if sequence > after and subscription is None:
            subscription = hub.subscribe(after)
        _publish(hub, sequence)
        if subscription is not None and sequence in reads:
            told += _sequences(subscription)
    if subscription is None:
        return
    told += _sequences(subscription)
    reached = after
    for item in told:
        if isinstance(item, Gap):
            assert item.after == reached < item.sequence
            reached = item.sequence
        else:
            assert item == reached + 1
            reached = item
    assert reached == count


def test_a_client_that_asks_for_what_is_no_longer_kept_hears_of_the_gap_first() -> None:
    hub = AlertHub("log", 1, kept=4)
    _publish(hub, *range(1, 11))
    gap, *rest = _sequences(hub.subscribe(1))
    assert isinstance(gap, Gap)
    assert gap.after == 1
    assert rest == list(range(gap.sequence + 1, 11))
    assert len(rest) >= 4


def test_once_it_is_full_the_stream_grows_by_a_64th_at_most() -> None:
    hub = AlertHub("log", 1, kept=128)
    for sequence in range(1, 1_000):
        _publish(hub, sequence)
        kept = hub.subscribe(0).take(limit=1_000)
        assert min(sequence, 128) <= sum(isinstance(each, HubEvent) for each in kept) <= 130


def test_a_client_that_starts_from_now_hears_nothing_of_before() -> None:
    hub = AlertHub("log", 1)
    _publish(hub, 1, 2)
    subscription = hub.subscribe(-1)
    assert subscription.take() == []
    _publish(hub, 3)
    assert _sequences(subscription) == [3]


def test_a_client_of_another_log_is_told_to_begin_anew() -> None:
    hub = AlertHub("log", 1)
    _publish(hub, 1, 2)
    assert _sequences(hub.subscribe(37)) == [Gap(after=37, sequence=0), 1, 2]


def test_alerts_from_before_the_start_that_are_not_loaded_are_a_gap() -> None:
    hub = AlertHub("log", 1)
    hub.load([_alert(8), _alert(9)], floor=7)
    assert _sequences(hub.subscribe(5)) == [Gap(after=5, sequence=7), 8, 9]
    assert _sequences(hub.subscribe(7)) == [8, 9]


def test_an_alert_that_is_published_again_is_not_told_again() -> None:
    hub = AlertHub("log", 1)
    _publish(hub, 1, 2, 2, 1)
    assert _sequences(hub.subscribe(0)) == [1, 2]


def test_a_resume_brings_the_sightings_since_the_alert_that_was_seen_last() -> None:
    hub = AlertHub("log", 1)
    _publish(hub, 1)
    hub.publish(HubEvent(EventKind.SIGHTING, replace(_alert(1), sightings=2)))
    _publish(hub, 2)
    kinds = [event.kind for event in hub.subscribe(1).take() if isinstance(event, HubEvent)]
    assert kinds == [EventKind.SIGHTING, EventKind.ALERT]


def test_whoever_resumes_hears_of_a_false_alert_as_it_is_and_not_as_it_was() -> None:
    hub = AlertHub("log", 1)
    _publish(hub, 1, 2)
    made = Adjudication(
        Verdict.FALSE_ALERT, True, None, "A", instant(3), Capacity.ENGAGEMENT_OFFICER
    )
    false = replace(_alert(1), judgements=Judgements(engagement_officer=made), version=1)
    hub.publish(HubEvent(EventKind.ADJUDICATED, false))
    told = [event for event in hub.subscribe(0).take() if isinstance(event, HubEvent)]
    assert [(event.kind, event.alert) for event in told] == [
        (EventKind.ALERT, false),
        (EventKind.ALERT, _alert(2)),
        (EventKind.ADJUDICATED, false),
    ]


async def test_a_waiting_client_wakes_with_the_next_event_and_others_are_not_held() -> None:
    hub = AlertHub("log", 1)
    slow, quick = hub.subscribe(-1), hub.subscribe(-1)
    waiting = asyncio.create_task(hub.wait_beyond(hub.end))
    _publish(hub, 1)
    await asyncio.wait_for(waiting, 5)
    assert _sequences(quick) == [1]
    _publish(hub, 2)
    assert _sequences(quick) == [2]
    assert _sequences(slow) == [1, 2]


def test_connections_are_counted_while_they_last() -> None:
    hub = AlertHub("log", 1)
    subscription = hub.subscribe(0)
    assert hub.connections == 1
    hub.leave(subscription)
    assert hub.connections == 0
