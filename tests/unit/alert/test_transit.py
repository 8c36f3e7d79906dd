"""Transit keys change every minute and are destroyed once their records are ingested."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lethe.alert.keystore import FileKeyStore
from lethe.alert.transit import TransitKeyring
from lethe.contracts.errors import Erased, Refused
from lethe.contracts.keys import TransitKey
from lethe.shredding.wrapping import wrap

CROP, BINDING = b"a crop", b"its candidate list"
_LONG_S = 20.0


class Pauses:
    """Pauses that end when the test says so."""

    def __init__(self) -> None:
        self._begun: asyncio.Queue[tuple[float, asyncio.Event]] = asyncio.Queue()

    async def __call__(self, seconds: float) -> None:
        over = asyncio.Event()
        self._begun.put_nowait((seconds, over))
        await over.wait()

    async def begun(self) -> tuple[float, asyncio.Event]:
        """Return the length of the next pause, and what ends it."""
        return await asyncio.wait_for(self._begun.get(), _LONG_S)

    async def over(self) -> float:
        """Let the next pause pass and return its length."""
        seconds, over = await self.begun()
        over.set()
        return seconds


class Reading:
    """How far candidate lists are ingested."""

    def __init__(self) -> None:
        self.is_caught_up = True

    async def __call__(self) -> bool:
        return self.is_caught_up


class Alert:
    """A running keyring over a key store."""

    def __init__(self, store: FileKeyStore, term: int = 1) -> None:
        self.store = store
        self.pauses, self.reading = Pauses(), Reading()
        self.keyring = TransitKeyring(self.store, term, self.reading, pause=self.pauses)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.keyring.run())
        yield
        assert not task.done(), "it ended by itself"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def opens(self, key: TransitKey, sealed: bytes) -> bool:
        try:
            return self.keyring.unwrap(key.key_id, sealed, BINDING) == CROP
        except Erased:
            return False

    def kept(self) -> list[str]:
        return [name for name in self.store.names() if name.startswith("transit-")]


@pytest.fixture(name="store")
def store_(tmp_path: Path) -> FileKeyStore:
    return FileKeyStore(tmp_path / "keys")


def sealed_to(key: TransitKey) -> bytes:
    return wrap(CROP, key.public_key, BINDING)


def test_what_is_sealed_to_the_announced_key_opens_with_its_binding_only(
    store: FileKeyStore,
) -> None:
    alert = Alert(store)
    key = alert.keyring.announced()
    assert alert.opens(key, sealed_to(key))
    with pytest.raises(Refused):
        alert.keyring.unwrap(key.key_id, sealed_to(key), b"another list")
    with pytest.raises(Erased):
        alert.keyring.unwrap("never announced", sealed_to(key), BINDING)


async def test_one_that_leads_no_more_keeps_no_key_and_its_successor_has_them_all(
    tmp_path: Path,
) -> None:
    store = FileKeyStore(tmp_path / "keys")
    before = TransitKeyring(store, 1, Reading())
    transit = before.announced()
    wrapped = wrap(CROP, transit.public_key, BINDING)
    before.close()
    with pytest.raises(Erased):
        before.unwrap(transit.key_id, wrapped, BINDING)
    after = TransitKeyring(store, 2, Reading())
    assert after.unwrap(transit.key_id, wrapped, BINDING) == CROP


async def test_after_a_minute_another_key_is_announced_and_the_old_one_still_opens(
    store: FileKeyStore,
) -> None:
    alert = Alert(store)
    first = alert.keyring.announced()
    sealed = sealed_to(first)
    async with alert.running():
        seconds = [await alert.pauses.over() for _ in range(2)]
        assert sum(seconds) == 60
        still_used_s, _ = await alert.pauses.begun()
        second = alert.keyring.announced()
        assert second.key_id != first.key_id
        assert second.public_key != first.public_key
        assert alert.opens(first, sealed)
        assert still_used_s > 2, "match may still seal to the old key"
    assert len(alert.kept()) == 2


async def test_an_old_key_is_destroyed_only_when_everything_sealed_to_it_is_ingested(
    store: FileKeyStore,
) -> None:
    alert = Alert(store)
    first = alert.keyring.announced()
    sealed = sealed_to(first)
    async with alert.running():
        for _ in range(2):
            await alert.pauses.over()
        alert.reading.is_caught_up = False
        await alert.pauses.over()
        for _ in range(3):
            retry_s = await alert.pauses.over()
            assert retry_s <= 1
            assert alert.opens(first, sealed)
        _, over = await alert.pauses.begun()
        alert.reading.is_caught_up = True
        over.set()
        await alert.pauses.begun()
        assert not alert.opens(first, sealed)
    second = alert.keyring.announced()
    assert alert.opens(second, sealed_to(second))
    assert alert.kept() == [f"transit-{second.key_id}"]


async def test_a_restarted_alert_opens_what_was_sealed_to_its_last_key_until_it_is_ingested(
    store: FileKeyStore,
) -> None:
    before = Alert(store)
    last = before.keyring.announced()
    sealed = sealed_to(last)
    after = Alert(before.store)
    assert after.keyring.announced().key_id != last.key_id
    assert after.opens(last, sealed)
    async with after.running():
        await after.pauses.over()
        await after.pauses.begun()
        assert not after.opens(last, sealed)
    assert not Alert(before.store).opens(last, sealed), "a key came back with a restart"


async def test_other_keys_of_the_store_are_left_alone(store: FileKeyStore) -> None:
    store.create("alert-1")
    store.create("watchlist-1")
    alert = Alert(store)
    async with alert.running():
        for _ in range(3):
            await alert.pauses.over()
        await alert.pauses.begun()
    assert {"alert-1", "watchlist-1"} <= set(store.names())
    assert len(alert.kept()) == 1


def test_a_key_that_a_crash_left_half_written_does_not_keep_alert_from_starting(
    store: FileKeyStore, tmp_path: Path
) -> None:
    reading = Reading()
    whole = TransitKeyring(store, 1, reading).announced()
    (tmp_path / "keys" / "transit-0123456789abcdef").write_bytes(b"")
    keyring = TransitKeyring(store, 1, reading)
    assert keyring.unwrap(whole.key_id, sealed_to(whole), BINDING) == CROP
    assert "transit-0123456789abcdef" not in store.names()


async def test_a_standby_that_takes_over_opens_what_was_sealed_to_the_leader_before(
    store: FileKeyStore,
) -> None:
    before = Alert(store, term=1)
    announced = before.keyring.announced()
    sealed = sealed_to(announced)
    after = Alert(store, term=2)
    assert after.opens(announced, sealed)
    assert (announced.term, after.keyring.announced().term) == (1, 2)


async def test_a_key_that_an_ex_leader_made_after_its_loss_is_destroyed_as_well(
    store: FileKeyStore,
) -> None:
    after = Alert(store, term=2)
    late = Alert(store, term=1).keyring.announced()
    async with after.running():
        await after.pauses.over()
        await after.pauses.begun()
    assert f"transit-{late.key_id}" not in store.names()
    assert after.kept() == [f"transit-{after.keyring.announced().key_id}"]


async def test_an_ex_leader_destroys_no_key_of_its_successor(store: FileKeyStore) -> None:
    before = Alert(store, term=1)
    after = Alert(store, term=2)
    announced = after.keyring.announced()
    async with before.running():
        await before.pauses.over()
        await before.pauses.begun()
    assert f"transit-{announced.key_id}" in store.names()


async def test_a_key_from_before_there_were_terms_is_taken_over(store: FileKeyStore) -> None:
    store.create("transit-0123456789abcdef")
    alert = Alert(store)
    async with alert.running():
        await alert.pauses.over()
        await alert.pauses.begun()
    assert "transit-0123456789abcdef" not in store.names()
