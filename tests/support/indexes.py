"""An exact template index in numpy, for tests of match; the contract suite holds it to Qdrant."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from lethe.contracts.errors import Transient
from lethe.match.ports import Comparison, ListName, Reference, Template


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
        self._lists: dict[ListName, tuple[int, dict[str, Reference]]] = {}
        self._answers.set()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Take calls and answer none until the block ends."""
        self._answers.clear()
        try:
            yield
        finally:
            self._answers.set()

    async def create(self, name: ListName, template_length: int) -> None:
        await self._answers.wait()
        self._reach()
        self._lists.setdefault(name, (template_length, {}))

    async def add(self, name: ListName, reference: Reference) -> None:
        self.last_added = reference
        length, references = self._list(name)
        if self.full or len(reference.template) != length:
            raise Transient("the index doesn't take this template")
        copied = replace(reference, template=_unit(reference.template))
        references[reference.reference_id] = copied

    async def search(
        self, name: ListName, probes: list[Template], limit: int
    ) -> list[list[Comparison]]:
        self.searches += 1
        await self._answers.wait()
        length, references = self._list(name)
        if any(len(probe) != length for probe in probes):
            raise Transient("the index doesn't take a template of this length")
        return [_best(list(references.values()), _unit(probe), limit) for probe in probes]

    async def compare(
        self, name: ListName, probe: Template, reference_ids: list[str]
    ) -> list[float]:
        _, references = self._list(name)
        known = [references[each] for each in reference_ids if each in references]
        return [float(np.dot(each.template, _unit(probe))) for each in known]

    async def drop(self, name: ListName) -> None:
        self._reach()
        self._lists.pop(name, None)

    async def names(self) -> list[ListName]:
        self._reach()
        return list(self._lists)

    async def close(self) -> None:
        self._lists.clear()

    def _list(self, name: ListName) -> tuple[int, dict[str, Reference]]:
        self._reach()
        if name not in self._lists:
            raise Transient("the index has no such list")
        return self._lists[name]

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
