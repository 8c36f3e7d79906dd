"""`lethe watchlist re-enrol`: images that are kept are enrolled with another model pack."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lethe.cli.errors import StackFailed
from lethe.cli.identity.minting import command_tokens
from lethe.cli.live.terminal import Terminal
from lethe.cli.session.api import AlertApi
from lethe.cli.session.deploying import checked_address
from lethe.cli.stopping import StopRequest
from lethe.cli.watchlist.api import ReferenceState, RenewalState, WatchlistApi
from lethe.cli.watchlist.faults import in_words
from lethe.cli.watchlist.people import Fault, Verdict
from lethe.cli.watchlist.report import counted, show_faults, write_report
from lethe.contracts.errors import InvalidInput

POLL_S = 0.5
STALLED_AFTER_S = 60.0
"""Beside live video an image comes through every now and then only."""
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class RenewalOptions:
    """Options of `lethe watchlist re-enrol`.

    Attributes
    ----------
    report
        Where what can't be used is written; nowhere without it.
    """

    watchlist_id: str
    alert_url: str
    trust: Path
    report: Path | None
    skip_bad: bool


def re_enrol(options: RenewalOptions) -> None:
    """Have a watchlist enrolled with the model pack in use, and tell what can't be used with it.

    Raises
    ------
    InvalidInput
        If there is no such watchlist, or no detect; at the end, if something can't be used and
        `skip_bad` is off.
    Interrupted
        If it was broken off: alert goes on by itself.
    """
    terminal = Terminal(headless=False)
    tell_faults(asyncio.run(_re_enrol(options, terminal)), options, terminal)


def tell_faults(faults: Sequence[Fault], options: RenewalOptions, terminal: Terminal) -> None:
    """Show and write what can't be used, if there is anything.

    Raises
    ------
    InvalidInput
        If something can't and `skip_bad` is off.
    """
    if not faults:
        return
    show_faults(faults)
    if options.report is not None:
        write_report(options.report, faults, ",")
    terminal.say(counted(faults))
    if any(fault.verdict is not Verdict.FLAG for fault in faults) and not options.skip_bad:
        raise InvalidInput(
            "not every image can be used with this model pack: import others for them, or go on "
            "without them with --skip-bad"
        )


async def _re_enrol(options: RenewalOptions, terminal: Terminal) -> list[Fault]:
    stop = StopRequest()
    stop.listen()
    url = checked_address(options.alert_url)
    async with AlertApi(url, command_tokens(options.trust)) as api:
        one = WatchlistApi(api, options.watchlist_id)
        told = "interrupted: alert goes on with it, and the same command shows how far it is"
        return await stop.during(follow(one, terminal, "re-enrolling"), told)


async def follow(one: WatchlistApi, terminal: Terminal, what: str) -> list[Fault]:
    """Have a watchlist enrolled, wait for the end, and return what can't be used.

    Raises
    ------
    StackFailed
        If no image comes through for a minute.
    """
    renewal, begun_s = await one.renew(), time.monotonic()
    wanted = renewal.left
    with terminal.progress(what, wanted) as progress:
        moved_s = begun_s
        while renewal.left:
            await asyncio.sleep(POLL_S)
            before, renewal = renewal, await one.renewal()
            progress(max(0, wanted - renewal.left))
            if renewal.left < before.left:
                moved_s = time.monotonic()
            elif time.monotonic() - moved_s > STALLED_AFTER_S:
                raise StackFailed(
                    f"no image came through for {STALLED_AFTER_S:.0f} s, {renewal.left:,} are "
                    "left; see the logs of the services"
                )
    took_s = time.monotonic() - begun_s
    pack = (renewal.pack or "")[:_DIGITS]
    terminal.say(
        f"{renewal.done:,} of {renewal.images:,} images of {one.watchlist_id} are enrolled or "
        f"rejected with the model pack {pack}; {wanted:,} were sent, in {took_s:.1f} s, "
        f"{wanted / max(took_s, 0.1):.1f}/s"
    )
    return await _faults(one, renewal)


async def _faults(one: WatchlistApi, renewal: RenewalState) -> list[Fault]:
    """Return what is rejected, flagged or unfit; subjects by their numbers."""
    states = [each for each in await one.changes(0) if _is_told(each, renewal)]
    if not states:
        return []
    numbers = {each.subject_id: each.reference_number async for each in one.subjects()}
    return [
        Fault(
            f"{numbers.get(each.subject_id, each.subject_id)}: {each.reference_id}",
            _why(each, renewal),
            verdict=Verdict.FLAG if _is_flag(each, renewal) else Verdict.IMAGE,
        )
        for each in states
    ]


def _is_unfit(state: ReferenceState, renewal: RenewalState) -> bool:
    return state.unfit_pack is not None and state.unfit_pack == renewal.pack


def _is_told(state: ReferenceState, renewal: RenewalState) -> bool:
    return state.fault is not None or _is_unfit(state, renewal)


def _is_flag(state: ReferenceState, renewal: RenewalState) -> bool:
    return state.state == "enrolled" and not _is_unfit(state, renewal)


def _why(state: ReferenceState, renewal: RenewalState) -> str:
    if _is_unfit(state, renewal):
        why = in_words(state.unfit_fault)
        return f"an order names it, and it can't be used with this model pack: {why}"
    if state.resembles is not None:
        return f"the same person as {state.resembles}? The faces look alike"
    return in_words(state.fault)
