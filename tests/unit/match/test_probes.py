"""A probe is searched under its order, rescued before it is decided, and overwritten."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
from tests.support.forgetting import signed
from tests.support.match_desk import (
    CROP,
    FIGURE,
    LENGTH,
    LIST,
    PACK,
    MatchDesk,
    blend,
    template,
    ticket_of_alert,
)

from lethe.contracts.errors import Refused
from lethe.contracts.headings import Heading
from lethe.contracts.keys import Role, TransitKey
from lethe.contracts.live import CandidatesFound, ProbeOutcome
from lethe.match.ports import Comparison, ListName, Template
from lethe.match.probes import SealedProbe
from lethe.match.tracks import mean_gain
from lethe.match.transit import TransitKeys
from lethe.shredding.clock import instant
from lethe.shredding.trust import LocalTrust

# The order's threshold of 0.6 is a cosine of 0.5.
BELOW, AT = 0.49, 0.51


@pytest.fixture(name="desk")
async def desk_(trust: LocalTrust) -> AsyncIterator[MatchDesk]:
    desk = MatchDesk(trust)
    await desk.prepare()
    yield desk
    # Nothing that a test did may leave a clear copy or a busy key behind.
    desk.check_clear()
    desk.holders[Role.MATCH].release_all()
    assert desk.holders[Role.MATCH].holds_nothing()


async def test_a_probe_below_the_threshold_is_a_non_match_and_nothing_is_published(
    desk: MatchDesk,
) -> None:
    [decided] = await desk.decide(desk.probe(blend(template(0), BELOW)))
    assert decided.outcome is ProbeOutcome.NON_MATCH
    assert desk.rescued == []


async def test_a_probe_at_the_threshold_is_rescued(desk: MatchDesk) -> None:
    probe = desk.probe(blend(template(1), AT))
    [decided] = await desk.decide(probe)
    assert decided.outcome is ProbeOutcome.CANDIDATES
    [found] = desk.rescued
    assert [(c.subject_id, c.reference_id) for c in found.candidates] == [("s1", "r1")]
    assert found.candidates[0].cosine == pytest.approx(AT, abs=1e-3)
    assert (found.captured, found.camera_id) == (probe.address.captured, probe.address.lane)
    assert (found.order_hash, found.threshold) == (probe.address.order_hash, 0.6)
    assert (decided.number, decided.slot) == (probe.address.number, probe.address.slot)


async def test_shots_of_one_track_are_compared_together(desk: MatchDesk) -> None:
    track = b"track-01"
    shots = [desk.probe(blend(template(1), BELOW), track=track) for _ in range(2)]
    outcomes = [decided.outcome for decided in await desk.decide(*shots)]
    assert outcomes == [ProbeOutcome.NON_MATCH, ProbeOutcome.CANDIDATES]
    [found] = desk.rescued
    assert found.candidates[0].cosine == pytest.approx(BELOW * mean_gain(2), abs=1e-3)


async def test_the_crop_opens_with_alerts_transit_key_and_the_lists_binding_only(
    desk: MatchDesk,
) -> None:
    await desk.decide(desk.probe(template(0)))
    [found] = desk.rescued
    assert found.transit_key_id == "transit-1"
    assert CROP not in found.sealed_crop
    assert desk.unwrap_key.unwrap(found.sealed_crop, found.binding()) == CROP
    moved = found.model_copy(update={"camera_id": "another"})
    with pytest.raises(Refused):
        desk.unwrap_key.unwrap(found.sealed_crop, moved.binding())


async def test_the_figure_and_the_heading_go_with_the_crop_and_neither_picture_is_the_other(
    desk: MatchDesk,
) -> None:
    await desk.decide(desk.probe(template(0), figure=FIGURE, heading=Heading.TOWARDS))
    [found] = desk.rescued
    assert found.heading is Heading.TOWARDS
    assert FIGURE not in found.sealed_figure
    unwrap = desk.unwrap_key.unwrap
    assert unwrap(found.sealed_figure, found.figure_binding()) == FIGURE
    assert unwrap(found.sealed_crop, found.binding()) == CROP
    with pytest.raises(Refused):
        unwrap(found.sealed_figure, found.binding())
    with pytest.raises(Refused):
        unwrap(found.sealed_crop, found.figure_binding())


async def test_a_probe_without_a_figure_is_rescued_without(desk: MatchDesk) -> None:
    await desk.decide(desk.probe(template(0)))
    [found] = desk.rescued
    assert (found.sealed_figure, found.heading) == (b"", None)


async def test_the_broker_has_the_candidates_before_the_probe_counts_as_decided(
    desk: MatchDesk,
) -> None:
    handed, acknowledged = asyncio.Event(), asyncio.Event()

    async def rescue(found: CandidatesFound) -> None:
        assert found.sealed_crop
        handed.set()
        await acknowledged.wait()

    desk.desk._rescue = rescue
    deciding = asyncio.create_task(desk.desk.decide([desk.probe(template(0))]))
    await handed.wait()
    assert not deciding.done()
    acknowledged.set()
    [decided] = await deciding
    assert decided.outcome is ProbeOutcome.CANDIDATES


async def test_a_rescue_that_the_broker_does_not_take_is_no_candidate(desk: MatchDesk) -> None:
    desk.broker_away = True
    [decided] = await desk.decide(desk.probe(template(0)))
    assert decided.outcome is ProbeOutcome.EXPIRED


async def test_a_subject_is_named_once_with_its_best_reference(desk: MatchDesk) -> None:
    between = template(1) * 0.8 + template(2) * 0.6
    await desk.decide(desk.probe(between))
    [found] = desk.rescued
    assert [(c.subject_id, c.reference_id) for c in found.candidates] == [("s1", "r1")]


async def test_without_a_transit_key_a_probe_expires(desk: MatchDesk) -> None:
    desk.desk._transit = TransitKeys()
    [decided] = await desk.decide(desk.probe(template(0)))
    assert (decided.outcome, desk.rescued) == (ProbeOutcome.EXPIRED, [])


async def test_a_transit_key_that_alert_no_longer_announces_is_not_used(desk: MatchDesk) -> None:
    desk.time.advance_ms(2001)
    desk.run_slot()
    [decided] = await desk.decide(desk.probe(template(0)))
    assert (decided.outcome, desk.rescued) == (ProbeOutcome.EXPIRED, [])


async def test_a_malformed_transit_key_costs_its_probe_and_nothing_else(desk: MatchDesk) -> None:
    desk.transit.hear(
        ticket_of_alert(TransitKey(key_id="bad", public_key=b"short")), instant(desk.clock)
    )
    probes = [desk.probe(template(0)), desk.probe(blend(template(0), BELOW))]
    decided = await desk.decide(*probes)
    assert [d.outcome for d in decided] == [ProbeOutcome.EXPIRED, ProbeOutcome.NON_MATCH]


async def test_after_the_end_of_its_order_a_probe_is_refused(desk: MatchDesk) -> None:
    probe, before = desk.probe(template(0)), desk.index.searches
    desk.end_order()
    [decided] = await desk.decide(probe)
    assert decided.outcome is ProbeOutcome.REFUSED
    assert (desk.index.searches, desk.rescued) == (before, [])


async def test_a_probe_that_names_another_order_is_refused(desk: MatchDesk) -> None:
    probe = desk.probe(template(0))
    elsewhere = probe.address.model_copy(update={"order_hash": "another"})
    [decided] = await desk.decide(SealedProbe(elsewhere, probe.body))
    assert (decided.outcome, desk.rescued) == (ProbeOutcome.REFUSED, [])


async def test_a_probe_of_an_order_that_another_replaced_is_refused(
    desk: MatchDesk, trust: LocalTrust
) -> None:
    probe, before = desk.probe(template(0)), desk.index.searches
    # Whatever the holder of the keys does, the desk asks for the order itself.
    desk.holders[Role.MATCH]._order_check = None
    desk.end_order()
    other = desk.order.model_copy(update={"deployment_id": "deployment-2"})
    desk.hear(signed(trust, other))
    [decided] = await desk.decide(probe)
    assert (decided.outcome, desk.rescued) == (ProbeOutcome.REFUSED, [])
    assert desk.index.searches == before


async def test_while_the_index_is_away_probes_expire(desk: MatchDesk) -> None:
    desk.index.away = True
    decided = await desk.decide(desk.probe(template(0)), desk.probe(template(40)))
    assert {d.outcome for d in decided} == {ProbeOutcome.EXPIRED}
    assert desk.rescued == []


async def test_a_probe_whose_keys_are_at_their_end_expires(desk: MatchDesk) -> None:
    probe = desk.probe(template(0))
    desk.time.advance_ms(800)
    [decided] = await desk.decide(probe)
    assert (decided.outcome, desk.rescued) == (ProbeOutcome.EXPIRED, [])


async def test_a_probe_delivered_twice_is_searched_once(desk: MatchDesk) -> None:
    probe = desk.probe(template(0))
    outcomes = [(await desk.decide(probe))[0].outcome for _ in range(2)]
    assert outcomes == [ProbeOutcome.CANDIDATES, ProbeOutcome.EXPIRED]
    assert len(desk.rescued) == 1


async def test_an_altered_probe_is_refused_and_the_genuine_one_still_opens(
    desk: MatchDesk,
) -> None:
    probe = desk.probe(template(0))
    altered = SealedProbe(probe.address, probe.body[:-1] + bytes([probe.body[-1] ^ 1]))
    assert [d.outcome for d in await desk.decide(altered)] == [ProbeOutcome.REFUSED]
    assert [d.outcome for d in await desk.decide(probe)] == [ProbeOutcome.CANDIDATES]


@pytest.mark.parametrize(
    "values",
    [
        np.ones(LENGTH * 2, np.float32),
        np.zeros(0, np.float32),
        np.full(LENGTH, np.nan, np.float32),
        np.full(LENGTH, np.inf, np.float32),
    ],
)
async def test_a_template_that_does_not_fit_the_list_is_refused_alone(
    desk: MatchDesk, values: Template
) -> None:
    before = desk.index.searches
    decided = await desk.decide(desk.probe(values), desk.probe(template(0)))
    assert [d.outcome for d in decided] == [ProbeOutcome.CANDIDATES, ProbeOutcome.REFUSED]
    assert desk.index.searches == before + 1


async def test_a_batch_is_searched_together_and_each_probe_gets_its_own_end(
    desk: MatchDesk,
) -> None:
    before = desk.index.searches
    listed, unknown = desk.probe(template(0)), desk.probe(template(40))
    also_listed = desk.probe(template(2))
    decided = await desk.decide(listed, unknown, also_listed)
    by_number = {d.number: d.outcome for d in decided}
    assert by_number == {
        listed.address.number: ProbeOutcome.CANDIDATES,
        unknown.address.number: ProbeOutcome.NON_MATCH,
        also_listed.address.number: ProbeOutcome.CANDIDATES,
    }
    assert desk.index.searches == before + 1
    named = [found.candidates[0].subject_id for found in desk.rescued]
    assert named == ["s0", "s1"]
    assert len({found.search_id for found in desk.rescued}) == 2


async def test_the_crop_of_one_probe_never_goes_with_anothers_candidates(desk: MatchDesk) -> None:
    probes = [desk.probe(template(n), b"crop of %d" % n) for n in (0, 40, 1)]
    await desk.decide(*probes)
    opened = [
        (f.candidates[0].subject_id, desk.unwrap_key.unwrap(f.sealed_crop, f.binding()))
        for f in desk.rescued
    ]
    assert opened == [("s0", b"crop of 0"), ("s1", b"crop of 1")]


async def test_a_search_that_is_cancelled_leaves_nothing_in_the_clear(desk: MatchDesk) -> None:
    searching = asyncio.Event()

    async def search(*_arguments: object) -> list[list[Comparison]]:
        searching.set()
        await asyncio.Event().wait()
        raise AssertionError

    desk.index.search = search  # type: ignore[assignment]
    deciding = asyncio.create_task(desk.desk.decide([desk.probe(template(0))]))
    await searching.wait()
    assert any(any(buffer) for buffer in desk.desk._buffers)
    deciding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await deciding


async def test_a_list_that_is_dropped_during_the_search_expires_its_probes(
    desk: MatchDesk,
) -> None:
    probe, search = desk.probe(template(0)), desk.index.search

    async def dropped_meanwhile(
        name: ListName, probes: list[Template], limit: int
    ) -> list[list[Comparison]]:
        await desk.watchlists.drop(LIST)
        return await search(name, probes, limit)

    desk.index.search = dropped_meanwhile  # type: ignore[method-assign]
    [decided] = await desk.decide(probe)
    assert decided.outcome is ProbeOutcome.EXPIRED


async def test_an_order_that_is_ended_while_another_runs_ends_alone(trust: LocalTrust) -> None:
    desk = MatchDesk(trust)
    await desk.prepare()
    other = desk.order.model_copy(
        update={"deployment_id": "deployment-2", "camera_ids": ["gate-2"]}
    )
    desk.hear(signed(trust, other))
    desk.run_slot()
    kept = SealedProbe(*desk.sealed_probe(template(0), CROP, camera="gate-2", pack=PACK))
    ended = desk.probe(template(0))
    desk.end_order()
    decided = await desk.decide(ended, kept)
    assert {d.camera_id: d.outcome for d in decided} == {
        "gate-1": ProbeOutcome.REFUSED,
        "gate-2": ProbeOutcome.CANDIDATES,
    }
    assert [found.deployment_id for found in desk.rescued] == ["deployment-2"]


async def test_a_failure_of_the_search_itself_leaves_nothing_in_the_clear(
    desk: MatchDesk,
) -> None:
    async def search(*_arguments: object) -> list[list[Comparison]]:
        raise RuntimeError

    desk.index.search = search  # type: ignore[assignment]
    with pytest.raises(RuntimeError):
        await desk.decide(desk.probe(template(0)))
