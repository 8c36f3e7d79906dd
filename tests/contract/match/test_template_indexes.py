"""One suite for the exact index in numpy, on which unit tests stand, and for Qdrant.

A server's side is a strict stand-in: there is no Qdrant server among the tests' packages.
"""

from collections.abc import AsyncIterator, Callable

import numpy as np
import pytest
from tests.support.indexes import NumpyIndex
from tests.support.qdrant_server import QdrantServer
from tests.support.template_lists import (
    LENGTH,
    LIST,
    PACK,
    filled,
    names,
    reference,
    settings_for,
    settings_with,
    templates,
)

from lethe.contracts.errors import Transient
from lethe.match.ports import ListName, TemplateIndex
from lethe.match.qdrant import QdrantIndex


@pytest.fixture(params=["numpy", "qdrant in memory", "qdrant server"])
async def index(
    request: pytest.FixtureRequest, server: QdrantServer
) -> AsyncIterator[TemplateIndex]:
    chosen: dict[str, Callable[[], TemplateIndex]] = {
        "numpy": NumpyIndex,
        "qdrant in memory": lambda: QdrantIndex(settings_with()),
        "qdrant server": lambda: QdrantIndex(settings_for(server)),
    }
    made = chosen[request.param]()
    yield made
    await made.close()


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
