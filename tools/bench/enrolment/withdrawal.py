"""From handing in a signed withdrawal until it is obeyed, as the receipts tell."""

import asyncio
import time

from tools.bench.enrolment.importing import LIST
from tools.bench.figures import Figure, at_most
from tools.running import RunningLethe, wait_until

from lethe.cli.home import find_home
from lethe.cli.watchlist.withdrawing import find_subjects, withdraw
from lethe.receipts.entries import SubjectsWithdrawn
from lethe.receipts.parsing import parse_entry
from lethe.shredding.signing import Signer

_ROUNDS = 5
_LIFE_MS = 1_000
"""No key that was made before lives longer: from then on it is in effect for whatever comes."""
_AIMED_MS = 2_000


def measure(lethe: RunningLethe, deployment_id: str) -> tuple[list[Figure], list[float]]:
    """Withdraw one subject after another from a deployment that runs."""
    subjects = lethe.ask(f"/api/v1/watchlists/{LIST}/subjects?limit={_ROUNDS}").json()["subjects"]
    taken_ms = [
        _obeyed_ms(lethe, deployment_id, each["reference_number"], number)
        for number, each in enumerate(subjects, 1)
    ]
    worst = round(max(taken_ms) + _LIFE_MS)
    name = f"a withdrawal is in effect, the slowest of {len(taken_ms)}, ms"
    return [at_most(name, worst, _AIMED_MS)], taken_ms


def _obeyed_ms(lethe: RunningLethe, deployment_id: str, number: str, count: int) -> float:
    """Withdraw somebody; return how long after it was sent keys were made without them."""
    trust = find_home().trust
    officer = Signer.from_file(trust / "keys" / "officer.key")
    found = asyncio.run(find_subjects(lethe.alert_url, deployment_id, [number], trust))
    begun_ms = time.time() * 1_000
    asyncio.run(withdraw(lethe.alert_url, found, "a measurement", trust, officer))
    wait_until(lambda: _told(lethe, deployment_id, count) is not None)
    return (_told(lethe, deployment_id, count) or begun_ms) - begun_ms


def _told(lethe: RunningLethe, deployment_id: str, count: int) -> float | None:
    """Return when the first key was made without so many subjects."""
    lines = lethe.ask("/api/v1/receipts").content.splitlines()
    entries = (parse_entry(line) for line in lines if b'"subjects-withdrawn"' in line)
    wanted = (deployment_id, count)
    return next(
        (
            each.at_ms
            for each in entries
            if isinstance(each, SubjectsWithdrawn) and (each.deployment, each.withdrawn) == wanted
        ),
        None,
    )
