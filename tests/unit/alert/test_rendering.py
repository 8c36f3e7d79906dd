"""What one event is rendered to is shared by all who hear it, and never tells what is over."""

from dataclasses import replace

from tests.support.alert_desk import CROP, candidates_found
from tests.support.alert_web import AlertWeb
from tests.support.streams import message_in
from tests.support.watchlists import pictured

from lethe.alert.hub import EventKind, HubEvent
from lethe.alert.web.rendering import EventRenderer


class SteadyClock:
    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


async def _an_event(web: AlertWeb) -> HubEvent:
    reference = await pictured(web.watchlists, "Ada Lovelace", b"an image")
    found = candidates_found(
        "search", subject_id=reference.subject_id, reference_id=reference.reference_id
    )
    alert = await web.desk.receive(found, CROP)
    assert alert is not None
    return HubEvent(EventKind.ALERT, alert)


async def test_listeners_share_one_frame(web: AlertWeb) -> None:
    clock = SteadyClock()
    renderer = EventRenderer(web.views(), clock)
    event = await _an_event(web)
    frame = renderer.render(event)
    assert renderer.render(event) is frame
    clock.s = 1.0
    assert renderer.render(event) is frame


async def test_a_name_that_is_forgotten_is_told_to_nobody_who_comes_later(web: AlertWeb) -> None:
    renderer = EventRenderer(web.views(), SteadyClock())
    event = await _an_event(web)
    assert message_in(renderer.render(event))["alert"]["subject"] == "Ada Lovelace"
    web.watchlists.forget("watchlist-1")
    told = message_in(renderer.render(event))["alert"]
    assert told["subject"] == told["subject_id"] == event.alert.subject_id


async def test_an_alert_that_is_over_is_told_as_such_at_once(web: AlertWeb) -> None:
    renderer = EventRenderer(web.views(), SteadyClock())
    event = await _an_event(web)
    renderer.render(event)
    web.clock.ms += 25 * 3_600_000
    told = message_in(renderer.render(event))["alert"]
    assert (told["erased"], told["subject"]) == (True, "")


async def test_what_happens_next_makes_earlier_events_be_told_anew(web: AlertWeb) -> None:
    renderer = EventRenderer(web.views(), SteadyClock())
    event = await _an_event(web)
    assert message_in(renderer.render(event))["alert"]["withdrawn"] is False
    web.withdraw(event.alert.subject_id)
    renderer.render(replace(event, kind=EventKind.SIGHTING))
    assert message_in(renderer.render(event))["alert"]["withdrawn"] is True
