"""The Qdrant adapter: a server by URL, or the local mode in memory."""

import ssl
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar
from uuid import NAMESPACE_OID, uuid5

import httpx
import numpy as np
from qdrant_client import AsyncQdrantClient
from qdrant_client.http.exceptions import ApiException, UnexpectedResponse
from qdrant_client.models import (
    Distance,
    Filter,
    HasIdCondition,
    NearestQuery,
    PointStruct,
    QueryRequest,
    SearchParams,
    VectorParams,
)

from lethe.contracts.errors import InvalidInput, Transient
from lethe.match.ports import Comparison, ListName, Reference, Template
from lethe.match.settings import MatchSettings
from lethe.runtime.threads import Threads
from lethe.vision.buffers import scrub_array_cache

_T = TypeVar("_T")
_TIMEOUT_S = 2
_PREFIX = "lethe-"
_OF_MODEL = "~"
"""No id of a watchlist has it."""


class QdrantIndex:
    """One collection per list; dropping the collection is the deletion.

    Search is exact: the local mode's always, a server's by request. Templates have the length 1,
    so that the dot product is the cosine: asked for cosines, the local mode would bring the whole
    list to that length again at every search.

    The local mode does its work in the calling thread, so that its calls are driven in a worker
    thread; a server's calls are awaited where they are made.
    """

    def __init__(self, settings: MatchSettings) -> None:
        self._threads: Threads | None = None
        self._params: SearchParams | None = None
        self._template_bytes: dict[str, int] = {}
        if settings.qdrant_url is None:
            self._threads = Threads("qdrant", 1)
            self._client = AsyncQdrantClient(":memory:")
        else:
            key = settings.qdrant_api_key
            self._params = SearchParams(exact=True)
            self._client = AsyncQdrantClient(
                url=settings.qdrant_url,
                api_key=key.get_secret_value() if key else None,
                timeout=_TIMEOUT_S,
                verify=_vouching(settings.qdrant_ca_file),
                # It would ask the server from a thread of its own, and warn on stderr.
                check_compatibility=False,
            )

    async def create(self, name: ListName, template_length: int) -> None:
        """Make a list, unless it is there."""
        collection = _collection(name)
        self._template_bytes[collection] = template_length * np.dtype(np.float32).itemsize
        vectors = VectorParams(size=template_length, distance=Distance.DOT)

        async def work() -> None:
            # Other instances may share it on a server: its name stands for one list.
            if await self._client.collection_exists(collection):
                return
            try:
                await self._client.create_collection(collection, vectors_config=vectors)
            except UnexpectedResponse as error:
                if error.status_code != HTTPStatus.CONFLICT:
                    raise
                # Another instance made it meanwhile.

        await self._call(work)

    async def add(self, name: ListName, reference: Reference) -> None:
        """Add a reference, or replace the one of the same id."""

        async def work() -> None:
            # Made here: a caller who is gone by then leaves no copy behind that waits.
            point = PointStruct(
                id=_point_id(reference.reference_id),
                vector=reference.template.tolist(),
                payload={
                    "reference_id": reference.reference_id,
                    "subject_id": reference.subject_id,
                },
            )
            await self._client.upsert(_collection(name), [point], wait=True)

        await self._call(work, template_bytes=reference.template.nbytes)

    async def search(
        self, name: ListName, probes: list[Template], limit: int
    ) -> list[list[Comparison]]:
        """Return for each probe its best comparisons, best first."""

        async def work() -> list[list[Comparison]]:
            requests = [self._request(probe, limit) for probe in probes]
            responses = await self._client.query_batch_points(_collection(name), requests)
            return [
                [
                    Comparison(
                        reference_id=str((point.payload or {})["reference_id"]),
                        subject_id=str((point.payload or {})["subject_id"]),
                        cosine=float(point.score),
                    )
                    for point in response.points
                ]
                for response in responses
            ]

        return await self._call(work, template_bytes=probes[0].nbytes if probes else 0)

    async def compare(
        self, name: ListName, probe: Template, reference_ids: list[str]
    ) -> list[float]:
        """Return the cosines of a probe and some references; those that aren't there have none."""
        is_here = self._threads is not None
        compared = self._compared_here if is_here else self._compared_there

        async def work() -> list[float]:
            return await compared(_collection(name), probe, reference_ids)

        return await self._call(work, template_bytes=probe.nbytes)

    async def _compared_there(
        self, collection: str, probe: Template, reference_ids: list[str]
    ) -> list[float]:
        """Have the server compare: no template that it holds comes to this process."""
        points = [_point_id(each) for each in reference_ids]
        request = QueryRequest(
            query=probe.tolist(),
            filter=Filter(must=[HasIdCondition(has_id=points)]),
            limit=len(points),
            with_payload=False,
            params=self._params,
        )
        [found] = await self._client.query_batch_points(collection, [request])
        return [float(point.score) for point in found.points]

    async def _compared_here(
        self, collection: str, probe: Template, reference_ids: list[str]
    ) -> list[float]:
        """Compare with what this process holds: asked to, the local mode looks at every point."""
        points = [_point_id(each) for each in reference_ids]
        found = await self._client.retrieve(
            collection, points, with_payload=False, with_vectors=True
        )
        vectors = [np.asarray(point.vector, dtype=np.float32) for point in found]
        # No BLAS: its buffers would keep a template.
        return [float(np.einsum("i,i->", vector, probe)) for vector in vectors]

    async def drop(self, name: ListName) -> None:
        """Erase the list with everything in it, aliases and snapshots too."""
        collection = _collection(name)

        async def work() -> None:
            # First these: whoever breaks off finds the rest again by the collection.
            await self._drop_snapshots(collection)
            await self._client.delete_collection(collection)
            # And those that were made meanwhile; those of the whole server hold it too.
            await self._drop_snapshots(collection)
            for snapshot in await self._client.list_full_snapshots():
                await self._client.delete_full_snapshot(snapshot.name, wait=True)

        await self._call(work, template_bytes=self._template_bytes.get(collection, 0))
        self._template_bytes.pop(collection, None)

    async def _drop_snapshots(self, collection: str) -> None:
        try:
            found = await self._client.list_snapshots(collection)
        except UnexpectedResponse as error:
            if error.status_code != HTTPStatus.NOT_FOUND:
                raise
            return  # neither it nor any of its own is there
        for snapshot in found:
            await self._client.delete_snapshot(collection, snapshot.name, wait=True)

    async def names(self) -> list[ListName]:
        """Return all lists that it holds, also of processes that are over."""

        async def work() -> list[ListName]:
            found = (await self._client.get_collections()).collections
            names = [_list_name(each.name) for each in found]
            return [each for each in names if each is not None]

        return await self._call(work)

    async def close(self) -> None:
        """Disconnect; a list in memory is gone with it."""
        await self._client.close()
        if self._threads is not None:
            self._threads.close()

    def _request(self, probe: Template, limit: int) -> QueryRequest:
        if self._threads is None:
            query = probe.tolist()
            return QueryRequest(query=query, limit=limit, with_payload=True, params=self._params)
        # The local mode makes an array of what it is given. Of numpy's numbers that has the
        # precision of the list; of Python's it has twice that, and the whole list is brought to
        # it at every search. The model's own check takes none but Python's, so it is passed by.
        nearest = NearestQuery.model_construct(nearest=list(probe))
        return QueryRequest.model_construct(query=nearest, limit=limit, with_payload=True)

    async def _call(
        self, work: Callable[[], Coroutine[None, None, _T]], *, template_bytes: int = 0
    ) -> _T:
        """Do some work where it is to be done, with templates of a size."""

        async def scrubbed() -> _T:
            try:
                return await work()
            finally:
                # The local mode makes an array of each, and numpy keeps what that held.
                scrub_array_cache(template_bytes)

        try:
            if self._threads is None:
                return await scrubbed()
            return await self._threads.run(_drive, scrubbed)
        except (ApiException, httpx.HTTPError, OSError, ValueError) as error:
            # ValueError: how the local mode says that it has no such list, as after a drop.
            raise Transient(f"Qdrant: {type(error).__name__}") from None


def _vouching(ca_file: Path | None) -> ssl.SSLContext | bool:
    """Return whom a server's certificate is held against: the file's, or those that httpx trusts.

    Raises
    ------
    InvalidInput
        If the file can't be read, or holds no certificate.
    """
    if ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        why = error.strerror or "it holds no certificate"
        raise InvalidInput(f"LETHE_QDRANT_CA_FILE: {ca_file} can't be used ({why})") from None


def _drive(work: Callable[[], Coroutine[None, None, _T]]) -> _T:
    """Run a coroutine of the local mode in this thread: it never waits, so needs no event loop."""
    coroutine = work()
    try:
        coroutine.send(None)
    except StopIteration as done:
        returned: _T = done.value
        return returned
    finally:
        coroutine.close()
    raise RuntimeError("Qdrant's local mode waited for something")


def _collection(name: ListName) -> str:
    of_model = f"{_OF_MODEL}{name.model}" if name.model else ""
    return f"{_PREFIX}{name.watchlist_id}{of_model}"


def _list_name(collection: str) -> ListName | None:
    """Return what a collection is of: those of before lists had models aren't of any."""
    if not collection.startswith(_PREFIX):
        return None
    watchlist_id, _, model = collection.removeprefix(_PREFIX).partition(_OF_MODEL)
    return ListName(watchlist_id, model)


def _point_id(reference_id: str) -> str:
    return str(uuid5(NAMESPACE_OID, reference_id))
