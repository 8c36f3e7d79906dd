"""People and programs that call alert."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Role(StrEnum):
    """What somebody does here. A person may have several."""

    OPERATOR = "operator"
    ENGAGEMENT_OFFICER = "engagement-officer"
    SUPERVISOR = "supervisor"
    AUTHORISING_OFFICER = "authorising-officer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody whose token holds.

    Attributes
    ----------
    subject
        What their issuer calls them, for good.
    name
        What people call them; two people may have the same.
    deployments, areas
        What they are limited to; None stands for all there are.
    expires_s
        When the token is refused, in seconds since 1970.
    """

    subject: str
    name: str
    roles: frozenset[Role]
    deployments: frozenset[str] | None
    areas: frozenset[str] | None
    expires_s: float

    @property
    def label(self) -> str:
        """The name for people to read, beside the subject that tells namesakes apart."""
        return self.subject if self.name == self.subject else f"{self.name} ({self.subject})"

    @property
    def is_limited(self) -> bool:
        """Whether there are deployments that they may not see."""
        return self.deployments is not None or self.areas is not None


class TokenVerifier(Protocol):
    """Tells who a token speaks for."""

    async def verify(self, token: str) -> Principal:
        """Return whom a token speaks for.

        Raises
        ------
        NotSignedIn
            If it doesn't hold; the message says why, and nothing of the token.
        Transient
            If that can't be told now.
        """
        ...
