"""Scripts and styles of the pages: served from memory, kept by browsers, asked for at once."""

import re

import httpx
import pytest

from lethe.alert.web.modules import modules_of

SCRIPT = "/static/officer.js"
PAGES = {"/": "officer", "/desk": "desk", "/audit": "audit"}


async def test_a_script_that_a_browser_has_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get(SCRIPT)
    assert (first.status_code, first.headers["Content-Type"]) == (
        200,
        "text/javascript; charset=utf-8",
    )
    tag = first.headers["ETag"]
    for told in (tag, f'"another", {tag}'):
        again = await client.get(SCRIPT, headers={"If-None-Match": told})
        assert (again.status_code, again.content) == (304, b"")
    assert (await client.get(SCRIPT, headers={"If-None-Match": '"another"'})).status_code == 200


async def test_it_is_packed_for_whoever_takes_that(client: httpx.AsyncClient) -> None:
    packed = await client.get(SCRIPT, headers={"Accept-Encoding": "gzip"})
    plain = await client.get(SCRIPT, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.text == plain.text


@pytest.mark.parametrize("path", ["/static/", "/static/none.js", "/static/../assets.py"])
async def test_nothing_else_is_served(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


async def test_a_script_is_read_only(client: httpx.AsyncClient) -> None:
    assert (await client.post(SCRIPT)).status_code == 405


@pytest.mark.parametrize(("path", "name"), PAGES.items())
async def test_a_page_names_every_script_that_it_imports_at_once(
    client: httpx.AsyncClient, path: str, name: str
) -> None:
    page = (await client.get(path)).text
    named = re.findall(r'rel="modulepreload" href="/static/([^"]+)"', page)
    assert named == modules_of(name)
    assert named[0] == f"{name}.js"
    # Also what an import of an import imports; not what is loaded when somebody asks for it.
    for script in named:
        text = (await client.get(f"/static/{script}")).text
        imported = re.findall(r'(?:^|\s)from "\./([^"]+)"', text)
        assert set(imported) <= set(named)
    assert "walk-through.js" not in named
