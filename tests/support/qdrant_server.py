"""A stand-in for a Qdrant server: what match asks of one over HTTPS, and strict about it.

It answers as Qdrant's REST interface documents, for the calls that `lethe.match.qdrant` makes.
Whatever else is asked, or asked otherwise, is refused.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from tests.support.tls import identity_of

API_KEY = "the key of this server"

Handler = Callable[[str, Any], object]


class _Quiet(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the test run."""
        yield


class Declined(Exception):
    """The server answers with this status instead of a result."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class QdrantServer:
    """Collections in memory.

    Attributes
    ----------
    made
        The names of collections, each as often as it was made.
    overtaken
        Collections that are there are told to be missing: somebody else makes them meanwhile.
    snapshots
        Of collections by their name, and of the whole server by an empty one. They outlive
        collections, as Qdrant's do.
    """

    def __init__(self, url: str, ca_file: Path) -> None:
        self.url = url
        self.ca_file = ca_file
        self.made: list[str] = []
        self.overtaken = False
        self.snapshots: dict[str, set[str]] = {}
        self._sizes: dict[str, int] = {}
        self._points: dict[str, dict[str, dict[str, Any]]] = {}

    def app(self) -> Starlette:
        """Return what is served."""
        one, waited = "/collections/{name}", {"wait": "true"}
        return Starlette(
            routes=[
                _route("GET", "/collections", self._list),
                _route("GET", f"{one}/exists", self._exists),
                _route("PUT", one, self._create),
                _route("DELETE", one, self._drop),
                _route("PUT", f"{one}/points", self._upsert, waited),
                _route("POST", f"{one}/points/query/batch", self._search),
                _route("GET", f"{one}/snapshots", self._list_snapshots),
                _route("DELETE", f"{one}/snapshots/{{snapshot}}", self._drop_snapshot, waited),
                _route("GET", "/snapshots", self._list_snapshots),
                _route("DELETE", "/snapshots/{snapshot}", self._drop_snapshot, waited),
            ]
        )

    def make(self, name: str, size: int) -> None:
        """Make a collection, as others than match do."""
        self._sizes[name], self._points[name] = size, {}

    def _list(self, _name: str, _body: Any) -> object:
        return {"collections": [{"name": each} for each in self._sizes]}

    def _exists(self, name: str, _body: Any) -> object:
        return {"exists": name in self._sizes and not self.overtaken}

    def _create(self, name: str, body: Any) -> object:
        if name in self._sizes:
            raise Declined(HTTPStatus.CONFLICT)
        vectors = body.pop("vectors")
        _require(vectors == {"size": vectors["size"], "distance": "Dot"} and not body)
        self.make(name, vectors["size"])
        self.made.append(name)
        return True

    def _drop(self, name: str, _body: Any) -> object:
        self._points.pop(name, None)
        return self._sizes.pop(name, None) is not None

    def holds(self, name: str) -> bool:
        """Tell whether there is such a collection."""
        return name in self._sizes

    def _list_snapshots(self, name: str, _body: Any) -> object:
        return [{"name": each, "size": 1} for each in sorted(self.snapshots.get(name, ()))]

    def _drop_snapshot(self, path: str, _body: Any) -> object:
        name, _, snapshot = path.rpartition("/")
        self.snapshots[name].remove(snapshot)
        return True

    def _upsert(self, name: str, body: Any) -> object:
        points = self._collection(name)
        for point in body["points"]:
            _require(set(point) == {"id", "vector", "payload"})
            _require(len(point["vector"]) == self._sizes[name])
            points[point["id"]] = point
        return {"operation_id": 0, "status": "completed"}

    def _search(self, name: str, body: Any) -> object:
        points = self._collection(name)
        return [{"points": self._found(name, points, search)} for search in body["searches"]]

    def _found(self, name: str, points: dict[str, Any], search: Any) -> list[dict[str, Any]]:
        # An approximate search may leave out the best of all.
        among = search.pop("filter", None)
        _require(search["params"] == {"exact": True})
        _require(set(search) == {"query", "limit", "params", "with_payload"})
        _require(search["with_payload"] is (among is None) and search["limit"] >= 1)
        if among is not None:
            ids = among["must"][0]["has_id"]
            _require(among == {"must": [{"has_id": ids}]})
            points = {each: points[each] for each in ids if each in points}
        probe = search["query"].pop("nearest")
        _require(len(probe) == self._sizes[name] and not search["query"])
        scored = [
            {
                "id": point["id"],
                "version": 0,
                "score": float(np.dot(point["vector"], probe)),
                "payload": point["payload"] if among is None else None,
            }
            for point in points.values()
        ]
        return sorted(scored, key=lambda point: -point["score"])[: search["limit"]]

    def _collection(self, name: str) -> dict[str, dict[str, Any]]:
        if name not in self._sizes:
            raise Declined(HTTPStatus.NOT_FOUND)
        return self._points[name]


def _require(condition: object, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
    if not condition:
        raise Declined(status)


def _route(method: str, path: str, handler: Handler, query: dict[str, str] | None = None) -> Route:
    async def answer(request: Request) -> Response:
        try:
            _require(request.headers.get("api-key") == API_KEY, HTTPStatus.UNAUTHORIZED)
            _require(dict(request.query_params) == (query or {}))
            body = await request.json() if await request.body() else None
            result = handler("/".join(request.path_params.values()), body)
        except Declined as declined:
            told = {"status": {"error": str(declined)}, "time": 0.0}
            return JSONResponse(told, status_code=declined.status)
        return JSONResponse({"result": result, "status": "ok", "time": 0.0})

    return Route(path, answer, methods=[method])


@asynccontextmanager
async def running_qdrant(folder: Path) -> AsyncIterator[QdrantServer]:
    """Serve on a free port of this machine, under a certificate that its own file vouches for."""
    identity = identity_of(folder)
    listening = socket.create_server(("127.0.0.1", 0))
    server = QdrantServer(f"https://localhost:{listening.getsockname()[1]}", identity.ca_file)
    config = uvicorn.Config(server.app(), log_config=None, access_log=False, lifespan="off")
    config.load()
    config.ssl = identity.context
    serving = _Quiet(config)
    task = asyncio.create_task(serving.serve(sockets=[listening]))
    try:
        yield server
    finally:
        serving.should_exit = True
        await task
