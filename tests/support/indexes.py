"""An exact template index in numpy, for tests of match; the contract suite holds it to Qdrant."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from lethe.contracts.errors import Transient
from lethe.match.ports import Comparison, Reference, Template


@dataclass
class NumpyIndex:
    """Implements `TemplateIndex`.

    Attributes
    ----------
    away
        Every call finds the index out of reach.
    full
        It takes no reference.
    searches
        How many searches were asked for.
    last_added
        The reference that was given last, as it was given.
    """

    away: bool = False
    full: bool = False
    searches: int = 0
    last_added: Reference | None = None
    _answers: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._lists: dict[str, tuple[int, dict[str, Reference]]] = {}
        self._answers.set()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Take calls and answer none until the block ends."""
        self._answers.clear()
        try:
            yield
        finally:
            self._answers.set()

    async def create(self, watchlist_id: str, template_length: int) -> None:
        await self._answers.wait()
        self._reach()
        self._lists.setdefault(watchlist_id, (template_length, {}))

    async def add(self, watchlist_id: str, reference: Reference) -> None:
        self.last_added = reference
        length, references = self._list(watchlist_id)
        if self.full or len(reference.template) != length:
            raise Transient("the index doesn't take this template")
        copied = replace(reference, template=_unit(reference.template))
        references[reference.reference_id] = copied

    async def remove(self, watchlist_id: str, reference_id: str) -> None:
        self._list(watchlist_id)[1].pop(reference_id, None)

    async def search(
        self, watchlist_id: str, probes: list[Template], limit: int
    ) -> list[list[Comparison]]:
        self.searches += 1
        await self._answers.wait()
        length, references = self._list(watchlist_id)
        if any(len(probe) != length for probe in probes):
            raise Transient("the index doesn't take a template of this length")
        return [_best(list(references.values()), _unit(probe), limit) for probe in probes]

    async def compare(
        self, watchlist_id: str, probe: Template, reference_ids: list[str]
    ) -> list[float]:
        _, references = self._list(watchlist_id)
        known = [references[each] for each in reference_ids if each in references]
        return [float(np.dot(each.template, _unit(probe))) for each in known]

    async def drop(self, watchlist_id: str) -> None:
        self._reach()
        self._lists.pop(watchlist_id, None)

    async def close(self) -> None:
        self._lists.clear()

    def _list(self, watchlist_id: str) -> tuple[int, dict[str, Reference]]:
        self._reach()
        if watchlist_id not in self._lists:
            raise Transient("the index has no such list")
        return self._lists[watchlist_id]

    def _reach(self) -> None:
        if self.away:
            raise Transient("the index is out of reach")


def _unit(template: Template) -> Template:
    return np.asarray(template / np.linalg.norm(template), dtype=np.float32)


def _best(references: list[Reference], probe: Template, limit: int) -> list[Comparison]:
    compared = [
        Comparison(r.reference_id, r.subject_id, float(np.dot(r.template, probe)))
        for r in references
    ]
    return sorted(compared, key=lambda comparison: -comparison.cosine)[:limit]
