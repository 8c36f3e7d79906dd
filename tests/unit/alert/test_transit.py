"""Transit keys change every minute and are destroyed once their records are ingested."""

from pathlib import Path

import pytest
from tests.support.clocks import FakeClock
from tests.support.keyrings import keyring_in
from tests.support.transit_bench import BINDING, TransitBench, sealed_to

from lethe.alert.keyring import Keyring
from lethe.alert.retention import PERIOD_S
from lethe.contracts.errors import Erased, Refused

_STILL_USED_S = 6
"""match may seal to a key for so long after it was announced last, and a little longer."""


@pytest.fixture(name="clock")
def clock_() -> FakeClock:
    return FakeClock()


@pytest.fixture(name="keys")
def keys_(tmp_path: Path, clock: FakeClock) -> Keyring:
    return keyring_in(tmp_path / "keys", clock)


async def test_what_is_sealed_to_the_announced_key_opens_with_its_binding_only(
    keys: Keyring,
) -> None:
    alert = TransitBench(keys)
    key = alert.transit.announced()
    assert await alert.opens(key, sealed_to(key))
    with pytest.raises(Refused):
        await alert.transit.unwrap(key.key_id, sealed_to(key), b"another list")
    for never_announced in ("1-0123456789abcdef", "Never", "../transit", ""):
        with pytest.raises(Erased):
            await alert.transit.unwrap(never_announced, sealed_to(key), BINDING)


async def test_one_that_is_cut_off_opens_nothing_that_its_successor_has_destroyed(
    keys: Keyring,
) -> None:
    before = TransitBench(keys)
    announced = before.transit.announced()
    sealed = sealed_to(announced)
    after = TransitBench(keys, term=2)
    assert await after.opens(announced, sealed)
    async with after.running():
        await after.pauses.until(_STILL_USED_S)
    assert not await before.opens(announced, sealed), "it kept a key in memory"


async def test_after_a_minute_another_key_is_announced_and_the_old_one_still_opens(
    keys: Keyring,
) -> None:
    alert = TransitBench(keys)
    first = alert.transit.announced()
    sealed = sealed_to(first)
    async with alert.running():
        await alert.pauses.until(59)
        assert alert.transit.announced() == first
        await alert.pauses.until(60)
        second = alert.transit.announced()
        assert second.key_id != first.key_id
        assert second.public_key != first.public_key
        await alert.pauses.until(62)
        assert await alert.opens(first, sealed), "match may still seal to the old key"
        assert len(alert.kept()) == 2
        await alert.pauses.until(60 + _STILL_USED_S)
        assert alert.kept() == [f"transit-{second.key_id}"]


async def test_an_old_key_is_destroyed_only_when_everything_sealed_to_it_is_ingested(
    keys: Keyring,
) -> None:
    alert = TransitBench(keys)
    first = alert.transit.announced()
    sealed = sealed_to(first)
    async with alert.running():
        await alert.pauses.until(60)
        alert.reading.published_upto = 7
        alert.reading.handled_upto = 6
        await alert.pauses.until(70)
        assert await alert.opens(first, sealed)
        # What comes now is sealed to later keys, and isn't waited for.
        alert.reading.published_upto = 1_000
        alert.reading.handled_upto = 7
        await alert.pauses.until(71)
        assert not await alert.opens(first, sealed)
    second = alert.transit.announced()
    assert await alert.opens(second, sealed_to(second))


async def test_while_nothing_is_ingested_the_key_changes_every_minute_all_the_same(
    keys: Keyring,
) -> None:
    alert = TransitBench(keys)
    alert.reading.published_upto = None
    async with alert.running():
        await alert.pauses.until(600)
        assert len(alert.kept()) == 11
        alert.reading.published_upto = 0
        await alert.pauses.until(602)
        assert len(alert.kept()) == 2


async def test_what_waits_for_an_hour_is_not_opened_any_more(
    keys: Keyring, clock: FakeClock
) -> None:
    alert = TransitBench(keys)
    announced = alert.transit.announced()
    sealed = sealed_to(announced)
    clock.time.advance_ms(3_600_000)
    assert not await alert.opens(announced, sealed)
    assert alert.kept() == [], "it ends whether or not an alert leads"


async def test_a_retired_key_gives_way_at_once_and_ends_when_its_records_are_ingested(
    keys: Keyring,
) -> None:
    alert = TransitBench(keys)
    first = alert.transit.announced()
    sealed = sealed_to(first)
    async with alert.running():
        await alert.pauses.until(10)
        await alert.transit.retire([first.key_id])
        assert alert.transit.announced().key_id != first.key_id
        assert await alert.opens(first, sealed), "others may wait for it"
        await alert.pauses.until(10 + _STILL_USED_S)
        assert not await alert.opens(first, sealed)


async def test_a_retired_key_ends_within_two_minutes_whatever_is_out_of_reach(
    keys: Keyring, clock: FakeClock
) -> None:
    alert = TransitBench(keys)
    alert.reading.published_upto = None
    first = alert.transit.announced()
    sealed = sealed_to(first)
    await alert.transit.retire([first.key_id])
    second = alert.transit.announced()
    # Nobody leads and nothing is ingested: only the scheduler goes on, which is late at times.
    clock.time.advance_ms(120_000 - PERIOD_S * 1000)
    assert keys.destroy_due() == 1
    assert not await alert.opens(first, sealed)
    assert await alert.opens(second, sealed_to(second))


async def test_retiring_keys_that_are_gone_or_were_retired_changes_nothing(
    keys: Keyring, clock: FakeClock
) -> None:
    alert = TransitBench(keys)
    first = alert.transit.announced()
    await alert.transit.retire([first.key_id])
    second = alert.transit.announced()
    clock.time.advance_ms(60_000)
    await alert.transit.retire([first.key_id, "1-0123456789abcdef"])
    assert alert.transit.announced() == second
    clock.time.advance_ms(50_000)
    assert keys.destroy_due() == 1, "asking again put its end off"


async def test_a_restarted_alert_opens_what_was_sealed_to_its_last_key_until_it_is_ingested(
    keys: Keyring,
) -> None:
    last = TransitBench(keys).transit.announced()
    sealed = sealed_to(last)
    after = TransitBench(keys)
    assert after.transit.announced().key_id != last.key_id
    async with after.running():
        await after.pauses.until(2)
        assert await after.opens(last, sealed)
        await after.pauses.until(_STILL_USED_S)
        assert not await after.opens(last, sealed)
    assert not await TransitBench(keys).opens(last, sealed), "a key came back with a restart"


async def test_other_keys_of_the_store_are_left_alone(keys: Keyring) -> None:
    keys.create("alert-1")
    keys.create("watchlist-1")
    alert = TransitBench(keys)
    async with alert.running():
        await alert.pauses.until(70)
    assert {"alert-1", "watchlist-1"} <= set(keys.names())
    assert len(alert.kept()) == 1


async def test_a_key_that_a_crash_left_half_written_does_not_keep_alert_from_starting(
    keys: Keyring, tmp_path: Path
) -> None:
    whole = TransitBench(keys).transit.announced()
    (tmp_path / "keys" / "transit-0123456789abcdef").write_bytes(b"")
    alert = TransitBench(keys)
    assert await alert.opens(whole, sealed_to(whole))
    async with alert.running():
        await alert.pauses.until(_STILL_USED_S)
    assert "transit-0123456789abcdef" not in keys.names()


async def test_a_standby_that_takes_over_opens_what_was_sealed_to_the_leader_before(
    keys: Keyring,
) -> None:
    before = TransitBench(keys, term=1)
    announced = before.transit.announced()
    sealed = sealed_to(announced)
    after = TransitBench(keys, term=2)
    assert await after.opens(announced, sealed)
    assert (announced.term, after.transit.announced().term) == (1, 2)


async def test_a_key_that_an_ex_leader_made_after_its_loss_is_destroyed_as_well(
    keys: Keyring,
) -> None:
    after = TransitBench(keys, term=2)
    late = TransitBench(keys, term=1).transit.announced()
    async with after.running():
        await after.pauses.until(_STILL_USED_S)
    assert f"transit-{late.key_id}" not in keys.names()
    assert after.kept() == [f"transit-{after.transit.announced().key_id}"]


async def test_an_ex_leader_destroys_no_key_of_its_successor(keys: Keyring) -> None:
    before = TransitBench(keys, term=1)
    after = TransitBench(keys, term=2)
    announced = after.transit.announced()
    async with before.running():
        await before.pauses.until(_STILL_USED_S)
    assert f"transit-{announced.key_id}" in keys.names()


async def test_a_key_from_before_there_were_terms_is_taken_over(keys: Keyring) -> None:
    keys.create("transit-0123456789abcdef")
    alert = TransitBench(keys)
    async with alert.running():
        await alert.pauses.until(_STILL_USED_S)
    assert "transit-0123456789abcdef" not in keys.names()
