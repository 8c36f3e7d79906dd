"""Search of four probes among ten thousand references, through the adapter."""

import asyncio
import statistics
import time
from pathlib import Path

import numpy as np
from tools.bench.figures import Figure, at_most

from lethe.match.ports import Reference
from lethe.match.qdrant import QdrantIndex
from lethe.match.settings import MatchSettings

_REFERENCES = 10_000
_LENGTH = 128
_PROBES = 4
_ROUNDS = 400
_LIMIT = 20


def measure() -> tuple[list[Figure], dict[str, list[float]]]:
    """Return the search's figures, and every time that was taken."""
    taken = asyncio.run(_search_times_ms())
    median = round(statistics.median(taken), 1)
    p99 = round(statistics.quantiles(taken, n=100)[98], 1)
    name = f"{_PROBES} probes among {_REFERENCES}"
    figures = [at_most(f"{name}, p50 ms", median, 15), at_most(f"{name}, p99 ms", p99, 15)]
    return figures, {"taken_ms": taken}


async def _search_times_ms() -> list[float]:
    settings = MatchSettings(
        instance_id="bench",
        roster_file=Path("none"),
        roster_root="",
        signing_key_file=Path("none"),
    )
    index = QdrantIndex(settings)
    random = np.random.default_rng(1)
    await index.create("bench", _LENGTH)
    for number, template in enumerate(_templates(random, _REFERENCES)):
        reference = Reference(f"r{number}", f"s{number}", "00" * 32, template)
        await index.add("bench", reference)
    taken = []
    for _ in range(_ROUNDS):
        probes = list(_templates(random, _PROBES))
        begun = time.perf_counter()
        await index.search("bench", probes, _LIMIT)
        taken.append((time.perf_counter() - begun) * 1000)
    await index.close()
    return taken[20:]


def _templates(random: np.random.Generator, count: int) -> np.ndarray:
    drawn = random.standard_normal((count, _LENGTH)).astype(np.float32)
    normed: np.ndarray = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return normed
