"""One suite for the exact index in numpy, on which unit tests stand, and for Qdrant.

A server's side is a strict stand-in: there is no Qdrant server among the tests' packages.
"""

import gc
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import FunctionType, ModuleType

import numpy as np
import pytest
from qdrant_client.local.async_qdrant_local import AsyncQdrantLocal
from tests.support.indexes import NumpyIndex
from tests.support.qdrant_server import API_KEY, QdrantServer, running_qdrant

from lethe.contracts.errors import InvalidInput, Transient
from lethe.match.ports import Comparison, ListName, Reference, Template, TemplateIndex
from lethe.match.qdrant import QdrantIndex
from lethe.match.settings import MatchSettings

LENGTH = 128
PACK = "5a" * 32
LIST = ListName("list-1", PACK)
COLLECTION = f"lethe-list-1~{PACK}"
OTHER = f"lethe-another~{PACK}"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[QdrantServer]:
    async with running_qdrant(tmp_path) as running:
        yield running


@pytest.fixture(params=["numpy", "qdrant in memory", "qdrant server"])
async def index(
    request: pytest.FixtureRequest, server: QdrantServer
) -> AsyncIterator[TemplateIndex]:
    chosen: dict[str, Callable[[], TemplateIndex]] = {
        "numpy": NumpyIndex,
        "qdrant in memory": lambda: QdrantIndex(_settings()),
        "qdrant server": lambda: QdrantIndex(_settings_for(server)),
    }
    made = chosen[request.param]()
    yield made
    await made.close()


def _settings(**given: object) -> MatchSettings:
    return MatchSettings.model_validate(
        {
            "instance_id": "match-1",
            "roster_file": "none",
            "roster_root": "",
            "signing_key_file": "none",
            **given,
        }
    )


def _settings_for(server: QdrantServer, api_key: str | None = API_KEY) -> MatchSettings:
    return _settings(
        qdrant_url=server.url, qdrant_api_key=api_key, qdrant_ca_file=str(server.ca_file)
    )


def templates(count: int, seed: int = 1) -> Template:
    drawn = np.random.default_rng(seed).normal(size=(count, LENGTH)).astype(np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), dtype=np.float32)


def reference(name: str, template: Template, subject: str | None = None) -> Reference:
    return Reference(name, subject or f"subject of {name}", "00" * 32, template)


async def filled(index: TemplateIndex, count: int = 40) -> Template:
    drawn = templates(count)
    await index.create(LIST, LENGTH)
    for number, template in enumerate(drawn):
        await index.add(LIST, reference(f"r{number}", template))
    return drawn


def names(found: list[Comparison]) -> list[str]:
    return [comparison.reference_id for comparison in found]


async def test_some_references_are_compared_without_the_others(index: TemplateIndex) -> None:
    drawn = await filled(index)
    cosines = await index.compare(LIST, drawn[3], ["r3", "r7", "none"])
    expected = [float(drawn[3] @ drawn[3]), float(drawn[3] @ drawn[7])]
    assert sorted(cosines) == pytest.approx(sorted(expected), abs=1e-5)
    assert await index.compare(LIST, drawn[3], ["none"]) == []


async def test_a_reference_is_found_with_its_subject_and_cosine(index: TemplateIndex) -> None:
    await index.create(LIST, LENGTH)
    one, other = templates(2)
    await index.add(LIST, reference("r", one, "s"))
    [[same], [different]] = await index.search(LIST, [one, other], 5)
    assert (same.reference_id, same.subject_id) == ("r", "s")
    assert same.cosine == pytest.approx(1, abs=1e-6)
    assert different.cosine == pytest.approx(float((one * other).sum()), abs=1e-6)


async def test_an_empty_list_has_nothing_to_compare_with(index: TemplateIndex) -> None:
    await index.create(LIST, LENGTH)
    assert await index.search(LIST, list(templates(2)), 5) == [[], []]
    assert await index.search(LIST, [], 5) == []


async def test_the_best_comparisons_come_in_order_and_none_better_is_left_out(
    index: TemplateIndex,
) -> None:
    drawn = await filled(index)
    probes = templates(8, seed=2)
    for probe, found in zip(probes, await index.search(LIST, list(probes), 7), strict=True):
        cosines = np.einsum("il,l->i", drawn, probe)
        best = np.argsort(-cosines)[:7]
        assert names(found) == [f"r{number}" for number in best]
        np.testing.assert_allclose([c.cosine for c in found], cosines[best], atol=1e-5)


async def test_a_batch_gives_what_single_searches_give(index: TemplateIndex) -> None:
    await filled(index)
    probes = list(templates(6, seed=3))
    together = await index.search(LIST, probes, 5)
    alone = [(await index.search(LIST, [probe], 5))[0] for probe in probes]
    assert [names(found) for found in together] == [names(found) for found in alone]
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_allclose([c.cosine for c in one], [c.cosine for c in other], atol=1e-6)


async def test_several_references_of_a_subject_are_compared_each(index: TemplateIndex) -> None:
    await index.create(LIST, LENGTH)
    one, other, third = templates(3)
    await index.add(LIST, reference("a", one, "s"))
    await index.add(LIST, reference("b", other, "s"))
    await index.add(LIST, reference("c", third, "t"))
    [found] = await index.search(LIST, [other], 5)
    assert names(found)[0] == "b"
    assert {c.reference_id: c.subject_id for c in found} == {"a": "s", "b": "s", "c": "t"}


async def test_a_reference_added_again_replaces_the_first(index: TemplateIndex) -> None:
    await index.create(LIST, LENGTH)
    one, other = templates(2)
    await index.add(LIST, reference("r", one, "s"))
    await index.add(LIST, reference("r", other, "t"))
    [found] = await index.search(LIST, [other], 5)
    assert [(c.reference_id, c.subject_id) for c in found] == [("r", "t")]
    assert found[0].cosine == pytest.approx(1, abs=1e-6)


async def test_lists_are_apart(index: TemplateIndex) -> None:
    one, other = templates(2)
    second = ListName("list-2", PACK)
    for name, template in ((LIST, one), (second, other)):
        await index.create(name, LENGTH)
        await index.add(name, reference(f"of {name.watchlist_id}", template))
    await index.drop(LIST)
    [found] = await index.search(second, [one], 5)
    assert names(found) == ["of list-2"]


async def test_the_lists_of_two_model_packs_are_apart_and_may_differ_in_length(
    index: TemplateIndex,
) -> None:
    drawn = await filled(index, 3)
    later = ListName(LIST.watchlist_id, "7b" * 32)
    longer = np.ones(2 * LENGTH, np.float32) / np.float32(np.sqrt(2 * LENGTH))
    await index.create(later, 2 * LENGTH)
    await index.add(later, reference("r0", longer))
    [found] = await index.search(LIST, [drawn[1]], 5)
    assert (names(found)[0], len(found)) == ("r1", 3)
    [found] = await index.search(later, [longer], 5)
    assert names(found) == ["r0"]
    assert set(await index.names()) == {LIST, later}
    await index.drop(LIST)
    assert await index.names() == [later]


async def test_a_list_made_again_keeps_what_it_holds(index: TemplateIndex) -> None:
    drawn = await filled(index, 3)
    before = await index.search(LIST, list(drawn), 5)
    await index.create(LIST, LENGTH)
    assert await index.search(LIST, list(drawn), 5) == before


async def test_a_dropped_list_is_gone_and_may_be_dropped_again(index: TemplateIndex) -> None:
    drawn = await filled(index, 3)
    await index.drop(LIST)
    await index.drop(LIST)
    with pytest.raises(Transient):
        await index.search(LIST, [drawn[0]], 5)
    await index.create(LIST, LENGTH)
    assert await index.search(LIST, [drawn[0]], 5) == [[]]


async def test_what_is_not_there_is_out_of_reach(index: TemplateIndex) -> None:
    [template] = templates(1)
    with pytest.raises(Transient):
        await index.search(LIST, [template], 5)
    with pytest.raises(Transient):
        await index.add(LIST, reference("r", template))


async def test_a_template_of_another_length_is_not_taken(index: TemplateIndex) -> None:
    drawn = await filled(index, 1)
    with pytest.raises(Transient):
        await index.add(LIST, reference("long", np.ones(LENGTH * 2, np.float32)))
    with pytest.raises(Transient):
        await index.search(LIST, [np.ones(LENGTH * 2, np.float32)], 5)
    [found] = await index.search(LIST, [drawn[0]], 5)
    assert names(found) == ["r0"]


async def test_a_qdrant_server_that_is_away_is_out_of_reach() -> None:
    index = QdrantIndex(_settings(qdrant_url="http://127.0.0.1:9"))
    with pytest.raises(Transient, match="Qdrant"):
        await index.search(LIST, [templates(1)[0]], 5)
    await index.close()


async def test_a_dropped_list_leaves_no_snapshot_on_a_server(server: QdrantServer) -> None:
    index = QdrantIndex(_settings_for(server))
    await filled(index, 3)
    await index.create(ListName("another", PACK), LENGTH)
    server.snapshots = {
        COLLECTION: {"of-may", "of-june"},
        OTHER: {"of-may"},
        "": {"of-all"},
    }
    for _ in range(2):
        await index.drop(LIST)
    await index.close()
    left = {name: kept for name, kept in server.snapshots.items() if kept}
    assert left == {OTHER: {"of-may"}}
    assert not server.holds(COLLECTION)


async def test_collections_of_others_and_of_before_are_told_apart(server: QdrantServer) -> None:
    index = QdrantIndex(_settings_for(server))
    await index.create(LIST, LENGTH)
    for made in ("lethe-list-1", "of somebody else"):
        server.make(made, LENGTH)
    assert set(await index.names()) == {LIST, ListName("list-1", "")}
    await index.drop(ListName("list-1", ""))
    await index.close()
    assert [server.holds(each) for each in ("lethe-list-1", COLLECTION)] == [False, True]


async def test_no_template_of_a_dropped_list_is_within_reach_of_the_local_mode() -> None:
    index = QdrantIndex(_settings())
    drawn = await filled(index, 3)
    forms = [each.tobytes() for each in drawn]
    local = index._client._client
    assert isinstance(local, AsyncQdrantLocal)
    assert any(form in content for content in _arrays(local) for form in forms), "not the place"
    await index.drop(LIST)
    assert not any(form in content for content in _arrays(local) for form in forms)
    assert (local.collections, local.aliases) == ({}, {})
    await index.close()


def _arrays(root: object) -> list[bytes]:
    """Return what is in every array that can be reached from an object."""
    found, seen, waiting = [], set[int](), [root]
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, (type, ModuleType, FunctionType)):
            continue
        seen.add(id(each))
        if isinstance(each, np.ndarray):
            found.append(each.tobytes())
        waiting += gc.get_referents(each)
    return found


@pytest.mark.parametrize("api_key", ["another key", None])
async def test_a_qdrant_server_that_refuses_the_key_is_out_of_reach(
    server: QdrantServer, api_key: str | None
) -> None:
    index = QdrantIndex(_settings_for(server, api_key))
    with pytest.raises(Transient, match="UnexpectedResponse"):
        await index.create(LIST, LENGTH)
    await index.close()
    assert server.made == []


async def test_a_qdrant_server_that_nobody_vouches_for_is_out_of_reach(
    server: QdrantServer,
) -> None:
    settings = _settings_for(server).model_copy(update={"qdrant_ca_file": None})
    index = QdrantIndex(settings)
    with pytest.raises(Transient):
        await index.create(LIST, LENGTH)
    await index.close()


@pytest.mark.parametrize(("content", "why"), [(None, "No such file"), ("none", "can't be used")])
async def test_a_file_that_vouches_for_nobody_is_told_at_the_start(
    tmp_path: Path, content: str | None, why: str
) -> None:
    ca_file = tmp_path / "ca.pem"
    if content is not None:
        ca_file.write_text(content)
    settings = _settings(qdrant_url="https://localhost:9", qdrant_ca_file=ca_file)
    with pytest.raises(InvalidInput, match=why):
        QdrantIndex(settings)


@pytest.mark.parametrize("overtaken", [False, True])
async def test_instances_share_the_list_of_a_server_and_none_makes_it_anew(
    server: QdrantServer, *, overtaken: bool
) -> None:
    first, second = (QdrantIndex(_settings_for(server)) for _ in range(2))
    drawn = await filled(first, 3)
    server.overtaken = overtaken
    await second.create(LIST, LENGTH)
    await second.add(LIST, reference("r0", drawn[0]))
    [found] = await second.search(LIST, [drawn[1]], 5)
    assert names(found)[0] == "r1"
    assert len(names(found)) == 3
    assert len(server.made) == 1
    await second.drop(LIST)
    await first.drop(LIST)
    for index in (first, second):
        with pytest.raises(Transient):
            await index.search(LIST, [drawn[0]], 5)
        await index.close()
