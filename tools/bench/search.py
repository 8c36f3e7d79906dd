"""Searches through the adapter: of four probes among ten thousand references, and others."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tools.bench.figures import Figure, at_most, say, told

from lethe.match.ports import ListName, Reference
from lethe.match.qdrant import QdrantIndex
from lethe.match.settings import MatchSettings

_NAME = ListName("bench", "5a" * 32)
_REFERENCES = 10_000
_LENGTH = 128
_PROBES = 4
_ROUNDS = 400
_LIMIT = 20
_WARM_UP = 20
_PROBES_AT_ONCE = (1, 4, 8, 16)
_SIZES = {1_000: 320, 10_000: 320, 100_000: 120}
"""How many searches of each number of probes there are, by the size of the list."""


def measure() -> tuple[list[Figure], dict[str, list[float]]]:
    """Return the search's figures, and every time that was taken."""
    [(probes, taken)] = asyncio.run(
        _search_times_ms(_settings(), _REFERENCES, (_PROBES,), _ROUNDS)
    ).items()
    median, p99 = _percentiles(taken)
    name = f"{probes} probes among {_REFERENCES}"
    figures = [at_most(f"{name}, p50 ms", median, 15), at_most(f"{name}, p99 ms", p99, 15)]
    return figures, {"taken_ms": taken}


def measure_sizes() -> tuple[list[Figure], dict[str, Any]]:
    """Return how long searches take of several numbers of probes in lists of several sizes.

    In this process, and besides on the server that `LETHE_QDRANT_URL` names, where it does.
    """
    places = {"here": _settings().model_copy(update={"qdrant_url": None})}
    if (named := _settings()).qdrant_url is not None:
        places["on the server"] = named
    figures: list[Figure] = []
    report: dict[str, Any] = {place: {} for place in places}
    for place, settings in places.items():
        for references, rounds in _SIZES.items():
            say(f"  {references:,} references {place}")
            taken = asyncio.run(_search_times_ms(settings, references, _PROBES_AT_ONCE, rounds))
            for probes, times in taken.items():
                median, p99 = _percentiles(times)
                name = f"{probes} probes among {references:,} {place}, p50 and p99 ms"
                figures.append(told(name, f"{median}, {p99}"))
            by_probes = {str(probes): times for probes, times in taken.items()}
            report[place][str(references)] = by_probes
    return figures, report


def _percentiles(taken: list[float]) -> tuple[float, float]:
    p99 = statistics.quantiles(taken, n=100)[98]
    return round(statistics.median(taken), 1), round(p99, 1)


def _settings() -> MatchSettings:
    return MatchSettings(
        instance_id="bench",
        roster_file=Path("none"),
        roster_root="",
        signing_key_file=Path("none"),
    )


async def _search_times_ms(
    settings: MatchSettings, references: int, probes: Sequence[int], rounds: int
) -> dict[int, list[float]]:
    index = QdrantIndex(settings)
    random = np.random.default_rng(1)
    await index.create(_NAME, _LENGTH)
    for number, template in enumerate(_templates(random, references)):
        reference = Reference(f"r{number}", f"s{number}", "00" * 32, template)
        await index.add(_NAME, reference)
    taken: dict[int, list[float]] = {count: [] for count in probes}
    for count in probes:
        for _ in range(rounds):
            drawn = list(_templates(random, count))
            begun = time.perf_counter()
            await index.search(_NAME, drawn, _LIMIT)
            taken[count].append((time.perf_counter() - begun) * 1000)
    await index.drop(_NAME)
    await index.close()
    return {count: times[_WARM_UP:] for count, times in taken.items()}


def _templates(random: np.random.Generator, count: int) -> np.ndarray:
    drawn = random.standard_normal((count, _LENGTH)).astype(np.float32)
    normed: np.ndarray = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return normed
