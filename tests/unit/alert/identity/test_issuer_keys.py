"""Keys of the issuer are kept, rotated, and asked for again within limits."""

import asyncio

import pytest

from lethe.alert.errors import NotSignedIn
from lethe.alert.identity.issuer_keys import EARLY_S, FRESH_S, KEPT_S, REFETCH_S, IssuerKeys
from lethe.contracts.errors import Transient


class Bench:
    """An issuer whose keys change, and a clock."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.published: dict[str | None, str] | None = {"one": "key one"}
        self.fetched = 0
        self.answers = asyncio.Event()
        self.answers.set()
        self.keys = IssuerKeys(self.fetch, lambda: self.now_s)

    async def fetch(self) -> dict[str | None, str]:
        self.fetched += 1
        await self.answers.wait()
        if self.published is None:
            raise Transient("away")
        return dict(self.published)


@pytest.fixture(name="bench")
def bench_() -> Bench:
    return Bench()


async def test_keys_are_fetched_once_and_kept(bench: Bench) -> None:
    for _ in range(3):
        assert await bench.keys.find("one") == "key one"
    assert bench.fetched == 1


async def test_a_new_key_is_found_at_the_next_token_that_names_it(bench: Bench) -> None:
    await bench.keys.find("one")
    bench.published = {"one": "key one", "two": "key two"}
    bench.now_s = REFETCH_S
    assert await bench.keys.find("two") == "key two"


async def test_tokens_with_invented_keys_make_nobody_ask_more_often(bench: Bench) -> None:
    for number in range(100):
        with pytest.raises(NotSignedIn):
            await bench.keys.find(f"invented-{number}")
    assert bench.fetched == 1
    bench.now_s = REFETCH_S
    with pytest.raises(NotSignedIn):
        await bench.keys.find("invented")
    assert bench.fetched == 2


async def test_a_withdrawn_key_stops_counting(bench: Bench) -> None:
    await bench.keys.find("one")
    bench.published = {"two": "key two"}
    bench.now_s = FRESH_S
    with pytest.raises(NotSignedIn):
        await bench.keys.find("one")


async def test_while_the_issuer_is_away_its_last_keys_count_for_a_day(bench: Bench) -> None:
    await bench.keys.find("one")
    bench.published = None
    bench.now_s = KEPT_S - 1
    assert await bench.keys.find("one") == "key one"
    bench.now_s = KEPT_S
    with pytest.raises(Transient):
        await bench.keys.find("one")


async def test_an_issuer_that_never_answered_is_told_as_unavailable(bench: Bench) -> None:
    bench.published = None
    with pytest.raises(Transient):
        await bench.keys.find("one")
    bench.published = {"one": "key one"}
    bench.now_s = REFETCH_S
    assert await bench.keys.find("one") == "key one"


async def test_keys_are_fetched_again_before_they_are_too_old(bench: Bench) -> None:
    await bench.keys.find("one")
    bench.published = {"two": "key two"}
    bench.now_s = EARLY_S
    bench.answers.clear()
    assert await bench.keys.find("one") == "key one"
    bench.answers.set()
    assert await bench.keys.find("two") == "key two"
    with pytest.raises(NotSignedIn):
        await bench.keys.find("one")
    assert bench.fetched == 2


async def test_an_issuer_that_hangs_holds_up_nobody_whose_key_is_known(bench: Bench) -> None:
    await bench.keys.find("one")
    bench.published = None
    bench.now_s = EARLY_S
    await bench.keys.find("one")
    await asyncio.sleep(0)  # the try fails
    bench.answers.clear()
    bench.now_s = FRESH_S
    unknown = asyncio.create_task(bench.keys.find("two"))
    for _ in range(3):
        assert await bench.keys.find("one") == "key one"
    assert not unknown.done()
    bench.published = {"two": "key two"}
    bench.answers.set()
    assert await unknown == "key two"


async def test_a_withdrawn_key_stops_counting_also_if_the_last_try_failed(bench: Bench) -> None:
    await bench.keys.find("one")
    bench.published = None
    bench.now_s = EARLY_S
    await bench.keys.find("one")
    bench.published = {"two": "key two"}
    bench.now_s = 2 * FRESH_S
    with pytest.raises(NotSignedIn):
        await bench.keys.find("one")


async def test_whoever_stops_waiting_leaves_the_fetching_to_the_others(bench: Bench) -> None:
    bench.answers.clear()
    first, second = (asyncio.create_task(bench.keys.find("one")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    bench.answers.set()
    assert await second == "key one"
    assert bench.fetched == 1
