"""What match makes of a Qdrant server: shared, refusing, away, or not to be trusted."""

from pathlib import Path

import pytest
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

from lethe.contracts.errors import InvalidInput, Transient
from lethe.match.ports import ListName
from lethe.match.qdrant import QdrantIndex

_COLLECTION = f"lethe-list-1~{PACK}"
_OTHER = f"lethe-another~{PACK}"


async def test_a_qdrant_server_that_is_away_is_out_of_reach() -> None:
    index = QdrantIndex(settings_with(qdrant_url="http://127.0.0.1:9"))
    with pytest.raises(Transient, match="Qdrant"):
        await index.search(LIST, [templates(1)[0]], 5)
    await index.close()


async def test_a_dropped_list_leaves_no_snapshot_on_a_server(server: QdrantServer) -> None:
    index = QdrantIndex(settings_for(server))
    await filled(index, 3)
    await index.create(ListName("another", PACK), LENGTH)
    server.snapshots = {
        _COLLECTION: {"of-may", "of-june"},
        _OTHER: {"of-may"},
        "": {"of-all"},
    }
    for _ in range(2):
        await index.drop(LIST)
    await index.close()
    left = {name: kept for name, kept in server.snapshots.items() if kept}
    assert left == {_OTHER: {"of-may"}}
    assert not server.holds(_COLLECTION)


async def test_collections_of_others_and_of_before_are_told_apart(server: QdrantServer) -> None:
    index = QdrantIndex(settings_for(server))
    await index.create(LIST, LENGTH)
    for made in ("lethe-list-1", "of somebody else"):
        server.make(made, LENGTH)
    assert set(await index.names()) == {LIST, ListName("list-1", "")}
    await index.drop(ListName("list-1", ""))
    await index.close()
    assert [server.holds(each) for each in ("lethe-list-1", _COLLECTION)] == [False, True]


@pytest.mark.parametrize("api_key", ["another key", None])
async def test_a_qdrant_server_that_refuses_the_key_is_out_of_reach(
    server: QdrantServer, api_key: str | None
) -> None:
    index = QdrantIndex(settings_for(server, api_key))
    with pytest.raises(Transient, match="UnexpectedResponse"):
        await index.create(LIST, LENGTH)
    await index.close()
    assert server.made == []


async def test_a_qdrant_server_that_nobody_vouches_for_is_out_of_reach(
    server: QdrantServer,
) -> None:
    settings = settings_for(server).model_copy(update={"qdrant_ca_file": None})
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
    settings = settings_with(qdrant_url="https://localhost:9", qdrant_ca_file=ca_file)
    with pytest.raises(InvalidInput, match=why):
        QdrantIndex(settings)


@pytest.mark.parametrize("overtaken", [False, True])
async def test_instances_share_the_list_of_a_server_and_none_makes_it_anew(
    server: QdrantServer, *, overtaken: bool
) -> None:
    first, second = (QdrantIndex(settings_for(server)) for _ in range(2))
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
