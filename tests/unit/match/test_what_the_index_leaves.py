"""Of a list that was erased the process that searched it keeps nothing."""

import numpy as np
import pytest
from tests.forensics.windows import Kind
from tests.support.remnants import remnants

_LENGTH = 128
_KEEPS = """
import asyncio, os, signal, sys
import numpy as np
from lethe.match.ports import ListName, Reference
from lethe.match.qdrant import QdrantIndex
from lethe.match.settings import MatchSettings

HOW, COUNT = sys.argv[1], int(sys.argv[2])
LIST = ListName("list-1", "5a" * 32)
secret = bytearray(4 * 128 * COUNT)
os.readv(0, [secret])
templates = np.frombuffer(secret, np.float32).reshape(COUNT, 128)


async def use():
    index = QdrantIndex(MatchSettings(
        instance_id="match-1", roster_file="none", roster_root="", signing_key_file="none"))
    await index.create(LIST, 128)
    for at, template in enumerate(templates):
        await index.add(LIST, Reference(f"r{at}", f"s{at}", "00", template))
    if HOW == "added again":
        await index.add(LIST, Reference("r0", "s0", "00", templates[0]))
    if HOW == "searched":
        await index.search(LIST, list(templates), 2)
        await index.compare(LIST, templates[0], ["r0"])
    if HOW != "kept":
        await index.drop(LIST)
    return index


index = asyncio.run(use())
secret[:] = bytes(len(secret))
print("done", flush=True)
signal.pause()
"""


def left_of(how: str, count: int) -> bool:
    drawn = np.random.default_rng().normal(size=(count, _LENGTH)).astype(np.float32)
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    return bool(remnants(_KEEPS, how, str(count), kind=Kind.TEMPLATE, secret=drawn.tobytes()))


def test_a_list_that_is_held_is_found() -> None:
    assert left_of("kept", 1)


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("how", ["enrolled", "added again", "searched"])
def test_nothing_is_left_of_one_that_was_dropped(how: str, count: int) -> None:
    assert not left_of(how, count)
