"""One order on a running alert service: enrol, order, wait, end. `lethe deploy`."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import httpx

from lethe.cli.identity.minting import command_tokens
from lethe.cli.live.terminal import Terminal
from lethe.cli.receipts.keys import key_to_pin
from lethe.cli.session.api import AlertApi
from lethe.cli.session.cameras import PlannedCamera, SourceOptions
from lethe.cli.session.ordering import OFFICER, Deployment, local_deployment, new_watchlist_id
from lethe.cli.session.sources import require_footage
from lethe.cli.stopping import StopRequest
from lethe.cli.watchlist.api import WatchlistApi
from lethe.cli.watchlist.enrolment import Enrolment
from lethe.cli.watchlist.faults import refuse_faults
from lethe.cli.watchlist.people import Enrolled, People
from lethe.cli.watchlist.preflight import checked_watchlist
from lethe.contracts.errors import InvalidInput, Refused
from lethe.shredding.trust import LocalTrust, load_local_trust

END_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """Options of `lethe deploy`.

    Attributes
    ----------
    sources
        Named as ingest sees them, which may run elsewhere.
    trust
        Folder with the roster, its root, the officer's key and the one for tokens.
    area
        Where it takes place, as tokens of officers name it.
    detach
        Leave the order in force instead of ending it with the command.
    """

    alert_url: str
    sources: SourceOptions
    watchlist: Path
    trust: Path
    threshold: float
    once: bool
    realtime: bool
    skip_bad: bool
    detach: bool
    seconds: float | None
    area: str | None = None


def deploy(options: DeployOptions) -> None:
    """Put an order in force and, unless it is left in force, end it with the command.

    Raises
    ------
    InvalidInput
        For what the user can mend.
    StackFailed
        If the services don't answer.
    Interrupted
        If it was broken off before the order was in force.
    """
    checked_address(options.alert_url)
    trust = load_trust(options.trust)
    cameras = [require_remote(camera) for camera in options.sources.cameras()]
    if not options.realtime:
        require_footage(cameras)
    terminal = Terminal(headless=False)
    watchlist = checked_watchlist(options.watchlist, terminal, skip_bad=options.skip_bad)
    asyncio.run(_deploy(options, trust, cameras, watchlist))


def require_remote(camera: PlannedCamera) -> PlannedCamera:
    """Check that a source means the same where ingest runs as it does here.

    Raises
    ------
    InvalidInput
        If it is a path that isn't absolute.
    """
    source = camera.settings.source
    if not ("://" in source or source.isdecimal() or PurePosixPath(source).is_absolute()):
        raise InvalidInput(
            f"{source} isn't an absolute path; name the source as ingest sees it, or by its URL"
        )
    return camera


async def enrol(
    api: AlertApi, terminal: Terminal, watchlist_id: str, watchlist: People
) -> list[Enrolled]:
    """Enrol a watchlist and tell of it; return what became references."""
    begun_s = time.monotonic()
    total = watchlist.images
    one = WatchlistApi(api, watchlist_id)
    await one.register()
    with terminal.progress("enrolling", total) as progress:
        enrolment = Enrolment(one, watchlist.listed, watchlist.faults.append, progress)
        enrolled = await enrolment.run()
    took_s = time.monotonic() - begun_s
    terminal.say(f"enrolled {len(enrolled)} of {total} images in {took_s:.1f} s")
    return enrolled


async def end_order(api: AlertApi, deployment: Deployment, patience_s: float) -> None:
    """End an order and withdraw its cameras."""
    withdrawn = [camera.model_copy(update={"withdrawn": True}) for camera in deployment.cameras]
    await api.deploy(deployment.ended(), withdrawn, patience_s)


def checked_address(url: str) -> str:
    """Return the address of an alert service.

    Raises
    ------
    InvalidInput
        If it is none.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL("")
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise InvalidInput(f"{url} isn't an address; give one such as http://127.0.0.1:8080")
    return url


def load_trust(folder: Path) -> LocalTrust:
    """Return the trust in a folder.

    Raises
    ------
    InvalidInput
        If its roster doesn't hold.
    """
    try:
        return load_local_trust(folder)
    except Refused:
        raise InvalidInput(
            f"the roster in {folder} doesn't hold; name the services' trust folder with --trust"
        ) from None


async def _deploy(
    options: DeployOptions, trust: LocalTrust, cameras: list[PlannedCamera], watchlist: People
) -> None:
    stop = StopRequest()
    stop.listen()
    terminal = Terminal(headless=False, reader_gone=stop.request)
    async with AlertApi(options.alert_url, command_tokens(trust.folder)) as api:
        watchlist_id = new_watchlist_id()
        enrolled = await stop.during(enrol(api, terminal, watchlist_id, watchlist))
        refuse_faults(watchlist.faults, watchlist.folder, len(enrolled), skip_bad=options.skip_bad)
        deployment = local_deployment(
            cameras=cameras,
            watchlist_id=watchlist_id,
            enrolled=enrolled,
            threshold=options.threshold,
            area=options.area,
            realtime=options.realtime,
            loop=not options.once,
            officer_key_file=trust.key_file(OFFICER),
            receipts_key=key_to_pin(trust.folder),
            wall_us=time.time_ns() // 1000,
        )
        # Not to be broken off: nobody would know whether the order is in force.
        await api.deploy(deployment.running(), deployment.cameras)
        await _see_through(options, api, deployment, stop, terminal)


async def _see_through(
    options: DeployOptions,
    api: AlertApi,
    deployment: Deployment,
    stop: StopRequest,
    terminal: Terminal,
) -> None:
    order = deployment.order
    limit_s = (order.ends_at_us - order.starts_at_us) / 1_000_000
    ends = f"at most {limit_s / 3_600:.0f} h" if options.detach else "until this command ends"
    terminal.say(f"{order.deployment_id} is in force, {ends}: {options.alert_url}")
    if options.detach:
        return
    await stop.wait(limit_s if options.seconds is None else min(options.seconds, limit_s))
    await end_order(api, deployment, END_PATIENCE_S)
    terminal.say(f"{order.deployment_id} has ended")
