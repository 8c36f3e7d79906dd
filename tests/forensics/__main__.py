"""`make forensics`: run the product, break it, and try to get back what it forgot."""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.forensics import faults, limits, telling
from tests.forensics.attack import Attack, Residue, captured_frames, wait_a_budget
from tests.forensics.canaries import (
    Traces,
    canary_camera,
    canary_footage,
    traces_of,
    what_decides,
    windows_of,
)
from tests.forensics.lots import lots_in
from tests.forensics.running import Ground, Run, ending_within, running, until
from tests.forensics.windows import Windows
from tests.support.packs import default_pack

from lethe.cli.home import find_home

Say = Callable[[str], None]
_FRAMES_BEFORE = 120
_FRAMES_AFTER = 60
_RUN_S = 240
"""An undisturbed machine needs a third of it."""


def parser() -> argparse.ArgumentParser:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="make forensics ARGS=...")
    parser.add_argument(
        "faults", nargs="*", default=["none"], metavar="FAULT", help=", ".join(faults.FAULTS)
    )
    parser.add_argument("--folder", type=Path, default=Path(".lethe/forensics"))
    parser.add_argument(
        "--prepare", action="store_true", help="only work out what the product makes of the footage"
    )
    return parser


def main() -> int:
    """Attack the chosen runs; 1 if something was found that the table doesn't list."""
    options = parser()
    chosen = options.parse_args()
    names = list(faults.FAULTS) if chosen.faults == ["all"] else chosen.faults
    unknown = set(names) - set(faults.FAULTS)
    if unknown:
        options.error(f"no such fault: {', '.join(sorted(unknown))}")
    folder = chosen.folder.absolute()
    footage = canary_footage(find_home().folder / "footage" / "canaries")
    traces = _traces(folder, footage / "canaries.mp4")
    if chosen.prepare:
        return 0
    imports = any(faults.FAULTS[name].imports for name in names)
    attack = Attack(traces, _lots(folder / "lots") if imports else {})
    found: list[Residue] = []
    for name in names:
        with ending_within(_RUN_S, name):
            found += _attack(attack, name, folder, footage)
    return telling.conclude(found, limits.listed(), names)


def _attack(attack: Attack, name: str, folder: Path, footage: Path) -> list[Residue]:
    begun_s = time.monotonic()

    def say(text: str) -> None:
        print(f"{name} {time.monotonic() - begun_s:6.1f} s: {text}", flush=True)

    fault = faults.FAULTS[name]
    ground = Ground(
        folder / "run",
        (footage / "canaries.mp4",),
        footage / "watchlist",
        canary_camera().duration_s,
        options=fault.options,
        environment=fault.environment,
        steps_clocks=fault.steps_clocks,
        disk_mb=fault.disk_mb,
    )
    say("starting Apache Kafka and the services")
    with running(ground) as run:
        run.deploy()
        until(lambda: captured_frames(run) >= _FRAMES_BEFORE, "frames are captured")
        found = [*_break(attack, run, fault, say), *_end(attack, run, name, say)]
        say(f"what the attacker knew: {attack.strength(run)}")
    return found


def _break(attack: Attack, run: Run, fault: faults.Fault, say: Say) -> list[Residue]:
    """Let the fault happen in the middle of the stream, and search while the run goes on."""
    say(f"{captured_frames(run)} frames were captured; now: {fault.what}")
    fault.happen(run)
    wait_a_budget()
    found = attack.look(run, fault.name, "during", broker=False)
    say(f"searched while it runs: {telling.summary(found)}")
    fault.recover(run)
    before = captured_frames(run)
    until(
        lambda: captured_frames(run) >= before + _FRAMES_AFTER or run.footage_is_over(),
        "it goes on",
    )
    return found


def _end(attack: Attack, run: Run, name: str, say: Say) -> list[Residue]:
    """End the stream, let every pool come to rest, and search again."""
    run.end_deployment()
    say(f"{captured_frames(run)} frames were captured; the stream has ended")
    wait_a_budget(2)
    # The broker only ever has ciphertext, and reading it takes as long as all the rest.
    found = attack.look(run, name, "idle", broker=name == "none")
    say(f"searched at rest: {telling.summary(found)}")
    return found


def _traces(folder: Path, footage: Path) -> Traces:
    """Work out the traces, or read those that the same software made of the same footage."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = folder / f"traces-{what_decides()}.npz"
    if not kept.exists():
        print("working out what the product makes of the footage, a few minutes", flush=True)
        traces_of(footage, default_pack()).save(kept)
    return Traces.load(kept)


def _lots(folder: Path) -> dict[str, list[Windows]]:
    """Work out what the product makes of the pictures that are imported."""
    pack = default_pack()
    return {lot.watchlist_id: windows_of(lot.images(), pack) for lot in lots_in(folder)}


if __name__ == "__main__":
    sys.exit(main())
