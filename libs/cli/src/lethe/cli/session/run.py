"""One run of `lethe watch`, `lethe demo` or `lethe up`, from the checks to the report."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from lethe.cli.errors import StackFailed
from lethe.cli.home import Home
from lethe.cli.identity.minting import command_tokens, page_tokens
from lethe.cli.identity.page_link import PageLink
from lethe.cli.live.account import AccountReader
from lethe.cli.live.report import Outcome, build_report, write_report
from lethe.cli.live.terminal import Terminal
from lethe.cli.receipts.keys import key_to_pin
from lethe.cli.session.api import AlertApi
from lethe.cli.session.cameras import PlannedCamera
from lethe.cli.session.deploying import end_order, enrol
from lethe.cli.session.options import StackOptions, WatchOptions
from lethe.cli.session.ordering import OFFICER, Deployment, local_deployment, new_watchlist_id
from lethe.cli.session.sources import check_camera, require_footage
from lethe.cli.session.watching import EndCondition, Watching
from lethe.cli.stack.data import data_folder, require_writable_file
from lethe.cli.stack.external import broker_settings
from lethe.cli.stack.ports import require_free_port
from lethe.cli.stack.services import StackSettings
from lethe.cli.stack.supervisor import Stack, running_stack
from lethe.cli.stopping import SETTLED_BY_S, StopRequest
from lethe.cli.watchlist.faults import refuse_faults
from lethe.cli.watchlist.people import People
from lethe.cli.watchlist.preflight import checked_watchlist
from lethe.contracts.errors import InvalidInput, LetheError, Refused
from lethe.ingest.opening import SourceOpener, is_live
from lethe.ingest.sources import Secrets
from lethe.shredding.trust import LocalTrust, load_local_trust
from lethe.vision.pack import load_pack

END_SETTLE_S = 5.0
STOP_ORDER_PATIENCE_S = 0.5
END_ORDER_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class _Run:
    """The parts of a started run."""

    options: StackOptions
    trust: LocalTrust
    stack: Stack
    api: AlertApi
    page: PageLink
    accounts: AccountReader
    terminal: Terminal
    stop: StopRequest


def watch(options: WatchOptions, home: Home) -> None:
    """Watch sources for the people of a watchlist until the end.

    Raises
    ------
    InvalidInput
        For what the user can mend; nothing has been started then, or all of it is stopped.
    StackFailed
        If the stack can't go on.
    Interrupted
        If it was broken off before the watching began.
    """
    trust = _check_machine(home)
    cameras = options.sources.cameras()
    if not options.realtime:
        require_footage(cameras)
    opener = SourceOpener(Secrets(home.secrets), home.camera_ca_file)
    cameras = [check_camera(camera, opener) for camera in cameras]
    if options.report is not None:
        require_writable_file(options.report.absolute(), "--report")
    terminal = Terminal(headless=options.stack.headless)
    watchlist = checked_watchlist(
        options.watchlist,
        terminal,
        skip_bad=options.skip_bad,
        volunteers=options.volunteers,
    )

    async def body(run: _Run) -> None:
        await _watch(run, options, cameras, watchlist)

    asyncio.run(_with_stack(options.stack, home, trust, body))


def up(options: StackOptions, home: Home) -> None:
    """Run the stack without a camera until Ctrl-C; raises as `watch` does."""
    trust = _check_machine(home)

    async def body(run: _Run) -> None:
        watching = Watching(run.stack, run.api, run.page, run.accounts, run.terminal, after=0)
        with run.terminal.table():
            await run.stack.guard(watching.until(EndCondition(options.seconds), run.stop))

    asyncio.run(_with_stack(options, home, trust, body))


def _check_machine(home: Home) -> LocalTrust:
    home.require_set_up()
    try:
        trust = load_local_trust(home.trust)
    except Refused:
        raise InvalidInput(
            f"the roster in {home.trust} doesn't hold; delete that folder and run 'make setup'"
        ) from None
    load_pack(home.model_pack)
    return trust


async def _with_stack(
    options: StackOptions, home: Home, trust: LocalTrust, body: Callable[[_Run], Awaitable[None]]
) -> None:
    stop = StopRequest()
    stop.listen()
    terminal = Terminal(headless=options.headless, reader_gone=stop.request)
    broker = broker_settings(options.broker) if options.broker else None
    with data_folder(options.data) as data:
        settings = StackSettings(
            trust=trust,
            model_pack=home.model_pack,
            data=data,
            port=require_free_port(options.port),
            cool_down_s=options.cool_down_s,
            memory_bound_mb=options.memory_bound_mb,
            standby=options.standby,
            instances=options.instances,
            tracking=options.tracking,
            secrets=home.secrets,
            camera_ca_file=home.camera_ca_file,
            broker=broker,
            witnesses=options.witnesses,
        )
        async with running_stack(settings, terminal.notice, stop) as stack:
            stop.on_second = stack.kill
            terminal.say(f"starting {_what(options)}")
            begun_s = time.monotonic()
            await stop.during(stack.start())
            took_s = time.monotonic() - begun_s
            tokens = command_tokens(trust.folder, given=False)
            async with AlertApi(stack.alert_url, tokens) as api, _accounts(stack) as accounts:
                page = PageLink(api, stack.alert_url, page_tokens(trust.folder))
                address = await stop.during(stack.guard(page.issue()))
                terminal.say(f"ready in {took_s:.1f} s: {address}")
                await body(_Run(options, trust, stack, api, page, accounts, terminal, stop))
            terminal.say("ending")


def _what(options: StackOptions) -> str:
    broker = options.broker
    return f"five services on {broker}" if broker else "the broker and five services"


@asynccontextmanager
async def _accounts(stack: Stack) -> AsyncIterator[AccountReader]:
    reader = AccountReader(stack.purge_urls)
    try:
        yield reader
    finally:
        await reader.close()


async def _watch(
    run: _Run, options: WatchOptions, cameras: list[PlannedCamera], watchlist: People
) -> None:
    watchlist_id = new_watchlist_id()
    enrolled = await run.stop.during(
        run.stack.guard(enrol(run.api, run.terminal, watchlist_id, watchlist))
    )
    refuse_faults(watchlist.faults, watchlist.folder, len(enrolled), skip_bad=options.skip_bad)
    deployment = local_deployment(
        cameras=cameras,
        watchlist_id=watchlist_id,
        enrolled=enrolled,
        threshold=options.threshold,
        area=options.area,
        realtime=options.realtime,
        loop=not options.once,
        officer_key_file=run.trust.key_file(OFFICER),
        receipts_key=key_to_pin(run.trust.folder),
        wall_us=time.time_ns() // 1000,
    )
    last_sequence = await run.stack.guard(run.api.last_sequence())
    watching = Watching(
        run.stack, run.api, run.page, run.accounts, run.terminal, after=last_sequence
    )
    await run.stop.during(run.stack.guard(run.api.deploy(deployment.running(), deployment.cameras)))
    end = EndCondition(run.options.seconds, tuple(deployment.order.camera_ids))
    with run.terminal.table():
        await run.stack.guard(watching.until(end, run.stop))
        await run.stack.guard(_end_order(run, deployment, watching))
    _conclude(run, options, deployment, watching)


async def _end_order(run: _Run, deployment: Deployment, watching: Watching) -> None:
    """End the order, then let the last frames come to their end; shorter after a Ctrl-C."""
    patience_s = STOP_ORDER_PATIENCE_S if run.stop.is_requested else END_ORDER_PATIENCE_S
    try:
        async with run.stop.limit(SETTLED_BY_S, END_ORDER_PATIENCE_S + END_SETTLE_S):
            try:
                await end_order(run.api, deployment, patience_s)
            except LetheError as error:
                # The services are stopped in a moment, which ends all capture as well.
                run.terminal.notice(f"the order couldn't be ended: {error}")
            await watching.settle(END_SETTLE_S)
    except TimeoutError:
        # What isn't accounted for by now is told as it is.
        return


def _conclude(run: _Run, options: WatchOptions, deployment: Deployment, watching: Watching) -> None:
    """Write the report, then tell of the sources that failed, which spoilt only themselves."""
    if options.report is not None:
        if watching.account is None:
            raise StackFailed("no report: purge gave no account of the run")
        outcome = Outcome(
            account=watching.account,
            alerts=watching.alerts,
            services=watching.resources.report(),
            restarts=run.stack.restarts,
            order=deployment.order,
            running_s=watching.running_s,
            suspensions=watching.suspensions,
        )
        write_report(build_report(outcome), options.report.absolute())
        run.terminal.say(f"report written to {options.report}")
    # A picture that a network spoilt is no fault of a live camera; in footage it comes again.
    footage = [camera.camera_id for camera in deployment.cameras if not is_live(camera)]
    faults = watching.damage(footage) | watching.faults
    if faults:
        told = "; ".join(f"{name}: {why}" for name, why in sorted(faults.items()))
        raise InvalidInput(f"{len(faults)} of the sources failed ({told})")
