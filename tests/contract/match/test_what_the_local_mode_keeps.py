"""A dropped list leaves nothing in Qdrant's local mode."""

import gc
from types import FunctionType, ModuleType

import numpy as np
from qdrant_client.local.async_qdrant_local import AsyncQdrantLocal
from tests.support.template_lists import LIST, filled, settings_with

from lethe.match.qdrant import QdrantIndex


async def test_no_template_of_a_dropped_list_is_within_reach_of_the_local_mode() -> None:
    index = QdrantIndex(settings_with())
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
