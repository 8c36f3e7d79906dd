"""Who may call an endpoint: declared beside it, and nobody where nothing is declared."""

from dataclasses import dataclass

from lethe.alert.identity.principal import Principal, Role
from lethe.contracts.errors import Refused


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call an endpoint.

    Attributes
    ----------
    roles
        One of these is needed.
    is_public
        Anybody may, without a token.
    is_whole
        A token that is limited to deployments or areas isn't enough.
    """

    roles: frozenset[Role] = frozenset()
    is_public: bool = False
    is_whole: bool = False

    def require(self, principal: Principal) -> None:
        """Check that somebody may.

        Raises
        ------
        Refused
            If they may not.
        """
        if self.is_public:
            return
        if not self.roles & principal.roles:
            needed = " or ".join(sorted(self.roles)) or "nobody"
            raise Refused(f"your role doesn't allow this; it is for {needed}")
        if self.is_whole and principal.is_limited:
            raise Refused("your token is limited to some deployments or areas; this concerns all")


def only(*roles: Role, whole: bool = False) -> Access:
    """Return the access of some roles."""
    return Access(frozenset(roles), is_whole=whole)


NOBODY = Access()
PUBLIC = Access(is_public=True)
SIGNED_IN = only(*Role)

SEES_ALERTS = only(Role.OPERATOR, Role.ENGAGEMENT_OFFICER, Role.SUPERVISOR)
ADJUDICATES = SEES_ALERTS
CONFIRMS = only(Role.ENGAGEMENT_OFFICER)
"""Who decides about somebody whom they have spoken to."""
FIGURES = only(Role.OPERATOR, Role.SUPERVISOR, Role.AUTHORISING_OFFICER, Role.AUDITOR)
"""Sees how deployments do, in numbers."""
LOOKS = only(Role.OPERATOR, Role.SUPERVISOR)
"""Sees what a camera sees, with every face covered."""
CLAIMS = only(Role.ENGAGEMENT_OFFICER)
"""Who goes to speak to somebody."""
KEEPS_WATCHLISTS = only(Role.OPERATOR, Role.SUPERVISOR, whole=True)
READS_WATCHLISTS = only(Role.OPERATOR, Role.SUPERVISOR, Role.AUTHORISING_OFFICER, whole=True)
CHECKS_WATCHLISTS = only(Role.SUPERVISOR, Role.AUTHORISING_OFFICER, whole=True)
"""Vouches for a watchlist: who keeps it doesn't by that alone."""
AUDITS = only(Role.AUDITOR, whole=True)
"""Reads who did what: that concerns all deployments."""
DRAFTS = only(Role.OPERATOR, Role.SUPERVISOR, Role.AUTHORISING_OFFICER)
"""Writes orders that somebody else is to authorise."""
ORDERS = only(Role.AUTHORISING_OFFICER)
RECORDS = only(Role.SUPERVISOR, Role.AUTHORISING_OFFICER, Role.AUDITOR)
"""Reads what was done in a deployment."""
CONDUCTS = only(Role.SUPERVISOR)
"""Conducts a walk-through before a deployment goes live."""
STOPS = only(Role.OPERATOR, Role.SUPERVISOR, Role.AUTHORISING_OFFICER)
"""Ends a deployment: whoever is on duty may."""
