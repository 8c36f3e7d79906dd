from importlib.resources import files

import httpx
import pytest
from tests.support.alert_web import BASE

EVIL = "https://evil.example"


GUARDED = ["/", "/static/officer.js", "/api/v1/alerts"]


@pytest.mark.parametrize("path", GUARDED)
async def test_what_is_guarded_is_there(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1:4711", "localhost:4711", "LOCALHOST:4711"])
async def test_the_server_answers_to_its_own_names(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/", headers={"host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example:4711", "127.0.0.1", "127.0.0.1:80", "127.0.0.1.evil.example:4711", ""]
)
@pytest.mark.parametrize("path", GUARDED)
async def test_a_name_that_was_rebound_to_this_machine_is_refused(
    client: httpx.AsyncClient, host: str, path: str
) -> None:
    assert (await client.get(path, headers={"host": host})).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": EVIL},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8080"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_another_site_can_neither_write_nor_read(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    written = await client.post(
        "/api/v1/watchlists", json={"watchlist_id": "list"}, headers=headers
    )
    assert written.status_code == 403
    assert (await client.get("/api/v1/alerts", headers=headers)).status_code == 403
    assert (await client.get("/api/v1/watchlists/list")).status_code == 404


async def test_the_page_itself_may_write_and_a_link_from_elsewhere_opens_it(
    client: httpx.AsyncClient,
) -> None:
    own = {"origin": BASE, "sec-fetch-site": "same-origin"}
    written = await client.post("/api/v1/watchlists", json={"watchlist_id": "list"}, headers=own)
    assert written.status_code == 201
    assert (await client.get("/", headers={"sec-fetch-site": "cross-site"})).status_code == 200


@pytest.mark.parametrize(
    ("path", "caching"),
    [("/", "no-cache"), ("/static/page.css", "no-cache"), ("/api/v1/status", "no-store")],
)
async def test_every_answer_forbids_what_the_page_does_not_need(
    client: httpx.AsyncClient, path: str, caching: str
) -> None:
    headers = (await client.get(path)).headers
    assert headers["cache-control"] == caching
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy


@pytest.mark.parametrize("path", ["/", "/desk", "/audit"])
async def test_a_page_holds_nothing_inline_and_nothing_from_elsewhere(
    client: httpx.AsyncClient, path: str
) -> None:
    page = (await client.get(path)).text
    assert "<style" not in page
    assert "style=" not in page
    assert "://" not in page
    for line in page.splitlines():
        assert "<script" not in line or 'src="/static/' in line


@pytest.mark.parametrize(
    "name", [each.name for each in files("lethe.alert.web").joinpath("static").iterdir()]
)
async def test_no_data_ever_becomes_markup(client: httpx.AsyncClient, name: str) -> None:
    script = (await client.get(f"/static/{name}")).text
    assert script
    for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert sink not in script


async def test_files_outside_the_static_folder_are_not_served(client: httpx.AsyncClient) -> None:
    for path in ("/static/../routes.py", "/static/%2e%2e/routes.py", "/static/nothing.js"):
        assert (await client.get(path)).status_code == 404
