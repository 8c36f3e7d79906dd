"""What is done with cameras, as deeds."""

from collections.abc import Collection
from itertools import islice

from lethe.alert.audit.deeds import MOST_RECORDS, Act, Deed
from lethe.alert.audit.of_deployments import record_of


def looked_at(camera_id: str, deployments: Collection[str]) -> Deed:
    """Return that somebody began to look at what a camera sees, under one order or several."""
    concerned = islice(map(record_of, sorted(deployments)), MOST_RECORDS - 1)
    records = (f"camera:{camera_id}", *concerned)
    return Deed(Act.CONSULTATION, records, "a view of a camera was opened, faces covered")
