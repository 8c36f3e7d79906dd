"""From authorisation to the first frame that is searched: an order, handed in again and again."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from tools.bench.enrolment import withdrawal
from tools.bench.enrolment.importing import LIST
from tools.bench.enrolment.photographs import photographs
from tools.bench.figures import Figure, say, spread, told
from tools.running import RunningLethe, metric, wait_until

from lethe.cli.deployment.authorising import authorise_order, draft_order, end_deployment
from lethe.cli.deployment.drafts import DraftFile
from lethe.cli.home import find_home
from lethe.shredding.signing import Signer

_ROUNDS = 10
_CAMERA, _KEEPER, _WITHDRAWN = "gate", "keeper", "withdrawn"
_LATER = timedelta(hours=2)
_POLL_S = 0.01
_CALM_S = 1.0
_SEARCHES = 'lethe_stage_seconds_count{stage="search"}'
_FRAMES_PER_S = 12
_SECONDS = 600
"""As long as it may take until a list that was lost is enrolled again."""
_SIZE = (640, 360)


def measure(
    lethe: RunningLethe, folder: Path, count: int, *, loses: bool
) -> tuple[list[Figure], dict[str, Any]]:
    """Authorise, wait for a search and end, several times.

    It counts from before the officer's command signs to the first batch that match has searched:
    the order on its way, the camera that is opened, a face that is found, the search. The camera is
    a file that shows a face from its first frame on.

    Parameters
    ----------
    loses
        At the end the list is lost: match enrols it again before it searches.
    """
    _footage(folder / "face.mp4")
    for camera in (_CAMERA, _KEEPER):
        (folder / f"{camera}.toml").write_text(f'[{camera}]\nsource = "{folder}/face.mp4"\n')
    # match keeps a list for as long as an order is to come.
    _authorise(lethe, _drafted(lethe, folder, _KEEPER, _KEEPER, _LATER))
    taken_ms = [_first_search_ms(lethe, folder, number) for number in range(_ROUNDS)]
    what = "from authorisation to the first frame that is searched"
    figures = [told(f"{what}, ms: median (least to largest)", spread(taken_ms, 0))]
    say(f"  {figures[0].line()}")
    withdrawn, withdrawn_ms = _withdrawals(lethe, folder)
    report: dict[str, Any] = {"taken_ms": taken_ms, "withdrawn_ms": withdrawn_ms}
    if loses:
        _restart_match(lethe)
        report["lost_ms"] = lost_ms = _first_search_ms(lethe, folder, _ROUNDS)
        lost_s = round(lost_ms / 1_000, 1)
        figures.append(told(f"{what}, of {count:,} images that match lost, s", lost_s))
    return [*figures, *withdrawn], report


def _withdrawals(lethe: RunningLethe, folder: Path) -> tuple[list[Figure], list[float]]:
    """Withdraw subjects under an order of its own."""
    searched = _searched(lethe)
    _authorise(lethe, _drafted(lethe, folder, _WITHDRAWN, _CAMERA, timedelta()))
    wait_until(lambda: _searched(lethe) > searched)
    measured = withdrawal.measure(lethe, _WITHDRAWN)
    asyncio.run(end_deployment(lethe.alert_url, _WITHDRAWN, find_home().trust))
    return measured


def _restart_match(lethe: RunningLethe) -> None:
    """Kill match, whose list is in its memory only, and wait until another stands."""
    old = lethe.children()["match-1"]
    old.kill()
    wait_until(lambda: lethe.children().get("match-1", old).pid != old.pid)
    wait_until(lethe.all_stand)


def _first_search_ms(lethe: RunningLethe, folder: Path, number: int) -> float:
    """Authorise an order, and end it when match has searched under it; return how long it took."""
    deployment_id = f"bench-{number}"
    draft = _drafted(lethe, folder, deployment_id, _CAMERA, timedelta())
    match = f"http://127.0.0.1:{lethe.children()['match-1'].environ()['LETHE_HTTP_PORT']}"
    before, searched = metric(match, _SEARCHES), _searched(lethe)
    begun_s = time.monotonic()
    _authorise(lethe, draft)
    while metric(match, _SEARCHES) == before:
        time.sleep(_POLL_S)
    taken_ms = 1_000 * (time.monotonic() - begun_s)
    # And not only looked at: without the list in hand a probe expires.
    wait_until(lambda: _searched(lethe) > searched, within_s=_SECONDS)
    asyncio.run(end_deployment(lethe.alert_url, deployment_id, find_home().trust))
    _calm(match)
    return taken_ms


def _searched(lethe: RunningLethe) -> int:
    """Return how many probes were searched: what expired doesn't count."""
    counted = [account["decisions"] for account in lethe.accounts()]
    return max((each["non_match"] + each["candidates"] for each in counted), default=0)


def _calm(match: str) -> None:
    """Wait until no frame of the order is under way any more."""
    seen, since_s = metric(match, _SEARCHES), time.monotonic()
    while time.monotonic() - since_s < _CALM_S:
        time.sleep(_CALM_S / 10)
        if (now := metric(match, _SEARCHES)) != seen:
            seen, since_s = now, time.monotonic()


def _drafted(
    lethe: RunningLethe, folder: Path, deployment_id: str, camera: str, starts_in: timedelta
) -> DraftFile:
    order = folder / "order.toml"
    order.write_text(_order(deployment_id, camera, starts_in))
    return asyncio.run(draft_order(lethe.alert_url, order, find_home().trust, _key("drafter")))


def _authorise(lethe: RunningLethe, draft: DraftFile) -> None:
    asyncio.run(authorise_order(lethe.alert_url, draft, find_home().trust, _key("officer")))


def _key(name: str) -> Signer:
    return Signer.from_file(find_home().trust / "keys" / f"{name}.key")


def _order(deployment_id: str, camera: str, starts_in: timedelta) -> str:
    starts_at = datetime.now(UTC) - timedelta(seconds=1) + starts_in
    window = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=1)}
    lines = {
        "deployment_id": f'"{deployment_id}"',
        "use_case": '"a measurement"',
        "grounds": '"a measurement"',
        "zone": '"none"',
        "watchlist_id": f'"{LIST}"',
        "threshold": "0.6",
        "false_alert_budget": "5",
        "cameras": f'"{camera}.toml"',
        **{name: moment.isoformat() for name, moment in window.items()},
    }
    return "".join(f"{name} = {said}\n" for name, said in lines.items())


def _footage(file: Path) -> None:
    """Write a video that shows one photograph of the demonstration all the time."""
    photograph = next(iter(photographs(find_home().demonstration / "watchlist")))[1]
    width, height = _SIZE
    shown = cv2.imread(str(photograph), cv2.IMREAD_COLOR)
    assert shown is not None
    scale = height / shown.shape[0]
    shown = cv2.resize(shown, (min(width, int(shown.shape[1] * scale)), height))
    picture = np.full((height, width, 3), 128, np.uint8)
    picture[:, : shown.shape[1]] = shown
    with av.open(str(file), "w") as writing:
        stream = writing.add_stream("libx264", rate=_FRAMES_PER_S, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(_SECONDS * _FRAMES_PER_S):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, _FRAMES_PER_S)
            writing.mux(stream.encode(frame))
        writing.mux(stream.encode())
