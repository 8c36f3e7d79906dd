"""Samples of watchlists as alert tells them."""

from pydantic import BaseModel, ConfigDict


class Member(BaseModel):
    """A subject of a sample, and how somebody found it."""

    model_config = ConfigDict(extra="ignore")

    subject_id: str
    result: str | None = None
    checked_by: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody has to look at it."""
        return self.result != "passed"


class SampleState(BaseModel):
    """A sample as alert tells it."""

    model_config = ConfigDict(extra="ignore")

    watchlist_id: str
    content_hash: str
    subjects: int
    drawn: int
    passed: int
    failed: int
    unchecked: int
    earlier: int
    members: list[Member]

    def lines(self) -> list[str]:
        """Return how far it has come."""
        drawn = f"{self.drawn:,} of {self.subjects:,} subjects drawn"
        found = f"{self.passed:,} found right, {self.failed:,} wrong"
        content = f"{self.watchlist_id}, content {self.content_hash[:16]}"
        told = [f"{content}: {drawn}, {found}, {self.unchecked:,} not checked"]
        if self.earlier:
            told.append(f"samples of what it held before: {self.earlier:,}")
        return told + [
            f"{each.subject_id}: {each.result or 'not checked'}"
            + (f" by {each.checked_by}" if each.checked_by else "")
            for each in self.members
        ]
