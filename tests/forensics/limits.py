"""What can't be removed: a table that the attack is held to, in both directions."""

import tomllib
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from tests.forensics.attack import Residue

TABLE = Path(__file__).with_name("limits.toml")


class Row(BaseModel):
    """One thing that is found.

    Attributes
    ----------
    place, kind
        Where, and what.
    kept_bytes, lifetime_s
        How much at most, and how long after the capture at most.
    faults
        In which runs it is found.
    reason
        Why it can't be removed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    place: str
    kind: str
    kept_bytes: int = Field(alias="bytes", gt=0)
    lifetime_s: float = Field(gt=0)
    faults: tuple[str, ...] = Field(min_length=1)
    reason: str = Field(min_length=20)

    def covers(self, residue: Residue) -> bool:
        """Tell whether something that was found is no more than this row says."""
        return (
            self.is_of(residue)
            and residue.kept_bytes <= self.kept_bytes
            and residue.age_s <= self.lifetime_s
        )

    def is_of(self, residue: Residue) -> bool:
        """Tell whether something that was found is what this row speaks of."""
        same = (residue.place, residue.kind) == (self.place, self.kind)
        return same and residue.fault in self.faults


def listed(table: Path = TABLE) -> list[Row]:
    """Read the table."""
    return [Row.model_validate(row) for row in tomllib.loads(table.read_text()).get("row", [])]


def beyond(found: Iterable[Residue], rows: list[Row]) -> list[Residue]:
    """Return what was found and is more than the table lists."""
    return [residue for residue in found if not any(row.covers(residue) for row in rows)]


def outdated(found: Iterable[Residue], rows: list[Row], faults: Iterable[str]) -> list[Row]:
    """Return the rows that didn't occur although all runs they speak of took place."""
    ran, seen = set(faults), list(found)
    return [
        row
        for row in rows
        if set(row.faults) <= ran and not any(row.is_of(residue) for residue in seen)
    ]


def as_markdown(rows: list[Row]) -> str:
    """Return the table as the documentation prints it."""
    if not rows:
        return "Nothing was found that would have to be listed here.\n"
    head = "| place | what | bytes at most | seconds at most | runs | reason |\n"
    head += "|---|---|---|---|---|---|\n"
    return head + "".join(
        f"| {row.place} | {row.kind} | {row.kept_bytes:,} | {row.lifetime_s:g} "
        f"| {', '.join(row.faults)} | {row.reason} |\n"
        for row in rows
    )
