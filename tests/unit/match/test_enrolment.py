"""A sealed template becomes a reference, and its clear copies are overwritten."""

import pytest
from tests.support.match_desk import NAME, MatchDesk, hashes, image_hash, payload, template

from lethe.contracts.enrolment import EnrolmentOutcome, TemplatePayload
from lethe.contracts.errors import Erased, InvalidInput, Refused
from lethe.contracts.keys import Role
from lethe.contracts.orders import watchlist_hash
from lethe.contracts.sealed import Purpose, SealAddress
from lethe.contracts.topics import REFERENCE_EXTRACTED
from lethe.match.enrolment import EnrolmentDesk
from lethe.shredding.trust import LocalTrust


@pytest.fixture(name="world")
def world_(trust: LocalTrust) -> MatchDesk:
    world = MatchDesk(trust)
    world.run_enrolment_slot()
    return world


@pytest.fixture(name="desk")
def desk_(world: MatchDesk) -> EnrolmentDesk:
    return EnrolmentDesk(world.holders[Role.MATCH], world.watchlists)


def sealed(world: MatchDesk, content: bytes) -> tuple[SealAddress, bytes]:
    return world.sealed_reference(
        world.holders[Role.DETECT], REFERENCE_EXTRACTED, Purpose.REFERENCE_TEMPLATE, content
    )


def of(told: TemplatePayload) -> bytes:
    return told.encode()


async def test_a_sealed_template_is_enrolled_once(world: MatchDesk, desk: EnrolmentDesk) -> None:
    record = sealed(world, of(payload("r0", "s0", template(0))))
    told = await desk.enrol(*record)
    assert (told.outcome, told.reference_id) == (EnrolmentOutcome.ENROLLED, "r0")
    assert hashes(world.watchlists) == {"watchlist-1": watchlist_hash([("s0", image_hash("r0"))])}
    with pytest.raises(Erased):
        await desk.enrol(*record)


async def test_the_clear_template_is_overwritten(world: MatchDesk, desk: EnrolmentDesk) -> None:
    await desk.enrol(*sealed(world, of(payload("r0", "s0", template(0)))))
    given = world.index.last_added
    assert given is not None
    assert not given.template.any()
    [[found]] = await world.index.search(NAME, [template(0)], 1)
    assert found.cosine == pytest.approx(1)
    world.holders[Role.MATCH].release_all()
    assert world.holders[Role.MATCH].holds_nothing()


async def test_a_fault_reaches_whoever_submitted_the_image(
    world: MatchDesk, desk: EnrolmentDesk
) -> None:
    told = await desk.enrol(*sealed(world, of(payload("r0", "s0", None))))
    assert (told.outcome, told.fault) == (EnrolmentOutcome.REJECTED, "no_face")


async def test_a_record_of_another_purpose_is_not_opened(
    world: MatchDesk, desk: EnrolmentDesk
) -> None:
    address, body = sealed(world, of(payload("r0", "s0", template(0))))
    for purpose in (Purpose.PROBE, Purpose.REFERENCE_IMAGE):
        with pytest.raises(Refused, match="addressed as something else"):
            await desk.enrol(address.model_copy(update={"purpose": purpose}), body)
    assert (await desk.enrol(address, body)).outcome is EnrolmentOutcome.ENROLLED


async def test_content_that_is_no_template_is_refused_and_leaves_nothing(
    world: MatchDesk, desk: EnrolmentDesk
) -> None:
    with pytest.raises(InvalidInput):
        await desk.enrol(*sealed(world, b"not a template at all"))
    world.holders[Role.MATCH].release_all()
    assert world.holders[Role.MATCH].holds_nothing()


async def test_an_expired_template_is_not_enrolled(world: MatchDesk, desk: EnrolmentDesk) -> None:
    record = sealed(world, of(payload("r0", "s0", template(0))))
    world.time.advance_ms(800)
    with pytest.raises(Erased):
        await desk.enrol(*record)
    assert hashes(world.watchlists) == {}


async def test_an_index_that_does_not_answer_is_waited_for_as_long_as_a_template_may_live(
    world: MatchDesk, desk: EnrolmentDesk
) -> None:
    record = sealed(world, of(payload("r0", "s0", template(0))))
    world.time.advance_ms(650)
    with world.index.silent(), pytest.raises(Erased, match="before its time was over"):
        await desk.enrol(*record)
    world.holders[Role.MATCH].release_all()
    assert world.holders[Role.MATCH].holds_nothing()
    assert hashes(world.watchlists) == {}
