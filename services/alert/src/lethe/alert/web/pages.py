"""The pages: what is each one's own, within what all share. None holds any data."""

from collections.abc import Awaitable, Callable
from importlib.resources import files
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from lethe.alert.web.modules import modules_of

_PAGES = {"/": "officer", "/desk": "desk", "/audit": "audit"}
_SHARED = ("foot", "panel", "receipts")


def page_routes() -> list[BaseRoute]:
    """Return the routes of the pages."""
    return [Route(path, _shown(name)) for path, name in _PAGES.items()]


def _shown(name: str) -> Callable[[Request], Awaitable[Response]]:
    content = Template(_part(name)).substitute({each: _part(each) for each in _SHARED})
    page = Template(_part("shell")).substitute(name=name, content=content, preloads=_preloads(name))

    async def show(_request: Request) -> Response:
        return HTMLResponse(page)

    return show


def _preloads(name: str) -> str:
    """Return what has a browser ask for all scripts at once, not one import after another."""
    return "".join(
        f'  <link rel="modulepreload" href="/static/{each}">\n' for each in modules_of(name)
    )


def _part(name: str) -> str:
    return files(__package__).joinpath("parts", f"{name}.html").read_text(encoding="utf-8")
