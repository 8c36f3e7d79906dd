"""Templates of two model packs are never compared, and the list of the older one ends."""

import pytest
from tests.support.indexes import NumpyIndex
from tests.support.match_desk import (
    LENGTH,
    LIST,
    NAME,
    PACK,
    MatchDesk,
    hashes,
    image_hash,
    payload,
    template,
)

from lethe.contracts.enrolment import EnrolmentOutcome
from lethe.contracts.errors import Transient
from lethe.contracts.live import ProbeOutcome
from lethe.contracts.orders import watchlist_hash
from lethe.match.ports import ListName
from lethe.match.watchlists import Watchlists
from lethe.shredding.trust import LocalTrust

_ENROLLED, _REJECTED = EnrolmentOutcome.ENROLLED, EnrolmentOutcome.REJECTED
LATER = "7b" * 32


async def test_templates_of_two_packs_are_never_in_one_list(
    lists: Watchlists, index: NumpyIndex
) -> None:
    for number in range(2):
        await lists.enrol(payload(f"r{number}", f"s{number}", template(number)))
    before = hashes(lists)
    # With another pack they look like one person: that says nothing of what the first one made.
    told = [
        await lists.enrol(payload("r0", "s0", template(1), LATER)),
        await lists.enrol(payload("r1", "s1", template(1), LATER)),
    ]
    assert [(each.outcome, each.model) for each in told] == [(_ENROLLED, LATER), (_REJECTED, LATER)]
    assert hashes(lists) == before
    [[nearest]] = await index.search(NAME, [template(1)], 1)
    assert nearest.reference_id == "r1"
    [[nearest]] = await index.search(ListName(LIST, LATER), [template(1)], 1)
    assert nearest.reference_id == "r0"


async def _enrolled_with(lists: Watchlists, pack: str, count: int = 2) -> None:
    for number in range(count):
        await lists.enrol(payload(f"r{number}", f"s{number}", template(number), pack))
    hashes(lists)


_WHOLE = watchlist_hash([(f"s{n}", image_hash(f"r{n}")) for n in range(2)])


@pytest.mark.parametrize(
    ("count", "ordered", "in_use", "left"),
    [
        (2, True, {LATER}, {LATER}),
        (1, True, {LATER}, {PACK, LATER}),  # half of it isn't what was ordered
        (2, True, {PACK, LATER}, {PACK, LATER}),  # an instance of detect still makes such probes
        (2, True, set(), {PACK, LATER}),  # nobody knows what is in use
        (1, False, {LATER}, {LATER}),  # nobody searches it
        (0, True, {LATER}, {PACK}),
    ],
)
async def test_the_list_of_a_pack_that_is_gone_is_dropped_when_another_is_in_its_place(
    lists: Watchlists,
    index: NumpyIndex,
    *,
    count: int,
    ordered: bool,
    in_use: set[str],
    left: set[str],
) -> None:
    await _enrolled_with(lists, PACK)
    await _enrolled_with(lists, LATER, count)
    other = payload("r", "s", template(5)).model_copy(update={"watchlist_id": "another"})
    await lists.enrol(other)
    await lists.drop_superseded({LIST: _WHOLE} if ordered else {}, in_use)
    expected = {ListName(LIST, pack) for pack in left}
    assert {each for each in await index.names() if each.watchlist_id == LIST} == expected
    assert {each.model for each in lists.tell() if each.watchlist_id == LIST} == left
    assert ListName("another", PACK) in await index.names()


async def test_a_list_of_a_pack_that_only_the_index_holds_is_dropped_as_well(
    lists: Watchlists, index: NumpyIndex
) -> None:
    """As on a Qdrant server, when match was started again together with the other pack."""
    await index.create(ListName(LIST, PACK), LENGTH)
    await _enrolled_with(lists, LATER)
    index.away = True
    with pytest.raises(Transient):
        await lists.drop_superseded({LIST: _WHOLE}, {LATER})
    index.away = False
    await lists.drop_superseded({LIST: _WHOLE}, {LATER})
    assert await index.names() == [ListName(LIST, LATER)]


async def test_what_is_erased_is_dropped_of_every_pack(
    lists: Watchlists, index: NumpyIndex
) -> None:
    for pack in (PACK, LATER):
        await _enrolled_with(lists, pack)
    await index.create(ListName(LIST, ""), LENGTH)
    await lists.drop(LIST)
    assert (lists.tell(), await index.names()) == ((), [])


async def test_a_probe_is_compared_with_what_its_own_pack_made_and_nothing_else(
    trust: LocalTrust,
) -> None:
    desk = MatchDesk(trust)
    await desk.prepare()
    [decided] = await desk.decide(desk.probe(template(0), pack=LATER))
    assert (decided.outcome, desk.rescued) == (ProbeOutcome.EXPIRED, [])
    # While it is enrolled anew the list of before is searched as it was.
    names = list(desk.content)
    for name in names[:-1]:
        await desk.watchlists.enrol(payload(name, desk.content[name][0], template(9), LATER))
    hashes(desk.watchlists)
    probes = [desk.probe(template(0), pack=LATER), desk.probe(template(0))]
    outcomes = [each.outcome for each in await desk.decide(*probes)]
    assert sorted(outcomes) == [ProbeOutcome.CANDIDATES, ProbeOutcome.EXPIRED]


async def test_once_it_is_whole_each_pack_finds_with_its_own_templates(trust: LocalTrust) -> None:
    desk = MatchDesk(trust)
    await desk.prepare()
    for place, (name, (subject, _)) in enumerate(desk.content.items()):
        await desk.watchlists.enrol(payload(name, subject, template(20 + place), LATER))
    hashes(desk.watchlists)
    probes = [desk.probe(template(20), pack=LATER), desk.probe(template(0), pack=LATER)]
    outcomes = [each.outcome for each in await desk.decide(*probes)]
    assert outcomes == [ProbeOutcome.CANDIDATES, ProbeOutcome.NON_MATCH]
    [found] = desk.rescued
    assert [each.subject_id for each in found.candidates] == ["s0"]
    await desk.watchlists.drop_superseded({LIST: desk.order.watchlist_hash}, {LATER})
    probes = [desk.probe(template(20), pack=LATER), desk.probe(template(0))]
    outcomes = [each.outcome for each in await desk.decide(*probes)]
    assert sorted(outcomes) == [ProbeOutcome.CANDIDATES, ProbeOutcome.EXPIRED]
