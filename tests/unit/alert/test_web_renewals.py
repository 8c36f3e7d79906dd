"""Over HTTP: a watchlist is enrolled with another model pack, and tells how far that is."""

from tests.support.alert_web import AlertWeb
from tests.support.watchlists import outcome, pictured

ONE = "/api/v1/watchlists/list/enrolment"
PACK, LATER = "5a" * 32, "7b" * 32


async def test_it_tells_how_far_a_list_has_come_and_begins_with_what_is_left(
    web: AlertWeb,
) -> None:
    ids = []
    for name in ("Ada", "Grace"):
        added = await pictured(web.watchlists, name, name.encode(), on="list")
        await web.watchlists.record([outcome(added.reference_id, pack=PACK)])
        ids.append(added.reference_id)
    web.pack = PACK
    async with web.client() as client:
        whole = {
            "watchlist_id": "list",
            "pack": PACK,
            "images": 2,
            "done": 2,
            "left": 0,
            "unfit": 0,
        }
        assert (await client.get(ONE)).json() == whole
        answer = await client.post(ONE)
        assert (answer.status_code, answer.json()) == (202, whole)
        assert web.enroller.submitted == []

        web.pack = LATER
        begun = whole | {"pack": LATER, "done": 0, "left": 2}
        assert (await client.get(ONE)).json() == begun
        assert (await client.post(ONE)).json() == begun
        assert web.enroller.submitted == ids
        assert (await client.get("/api/v1/watchlists/list")).json()["settled"] is False
        await web.watchlists.record([outcome(ids[0], "no_face", pack=LATER)])
        assert (await client.get(ONE)).json() == begun | {"done": 1, "left": 1}
        found = (await client.get("/api/v1/watchlists/list/references")).json()["references"]
        told = found[-1]
        assert (told["state"], told["pack"], told["unfit_pack"]) == ("rejected", LATER, None)

        web.pack = None
        answer = await client.post(ONE)
        assert (answer.status_code, "no detect" in answer.json()["detail"]) == (409, True)
        assert (await client.get("/api/v1/watchlists/none/enrolment")).status_code == 404
