"""An alert that an officer decides to be false while the run goes on."""

from contextlib import suppress

import httpx
from tests.forensics.keys import boot_us
from tests.forensics.running import Decided, Run, until

_PICTURES = ("probe", "figure")
_FALSE = {"verdict": "false_alert", "confirmed": True}


def decided_false(run: Run) -> None:
    """Look at the first alert, as an officer does, and adjudicate it as false."""
    until(run.lethe.alerts, "an alert is raised")
    address = f"/api/v1/alerts/{run.lethe.alerts()[0]['alert_id']}"
    pictures = []
    for name in _PICTURES:
        # Not every alert has a figure.
        with suppress(httpx.HTTPStatusError):
            pictures.append(run.lethe.ask(f"{address}/{name}").content)
    run.database.seen()  # as its rows are deleted next
    answer = httpx.post(
        f"{run.lethe.alert_url}{address}/adjudications",
        json=_FALSE,
        headers={"Authorization": f"Bearer {run.lethe.token()}"},
    )
    assert answer.raise_for_status().json()["erased"], "its data key is destroyed by now"
    run.decided = Decided(pictures, boot_us())
