"""How far signed statements have got: what was obeyed once is never followed by something older."""

from lethe.contracts.base import Message
from lethe.contracts.orders import OrderStatus
from lethe.contracts.suspension import DeploymentSuspended


class OrderProgress(Message):
    """The newest state of an order that was obeyed.

    Attributes
    ----------
    lifted
        Every suspension that its states lifted: a later state doesn't name it again.
    withdrawn
        Subjects who were withdrawn, while it runs: a later state must name them again.
    """

    order_hash: str
    status: OrderStatus
    serial: int
    lifted: frozenset[str] = frozenset()
    withdrawn: frozenset[str] = frozenset()

    @property
    def passed(self) -> str:
        """Why a state that isn't newer than this isn't obeyed, in words."""
        if self.status is OrderStatus.ENDED:
            return "it is over; draft another with another deployment_id"
        return "its state goes back"


class RosterProgress(Message):
    """The newest roster of a root.

    Attributes
    ----------
    root
        Public key (hex) of the root. Another root begins with a serial of its own.
    digest
        SHA-256 (hex) of what the root signed.
    """

    root: str
    serial: int
    digest: str


class Progress(Message):
    """All of it, as it outlives a process.

    Attributes
    ----------
    orders
        By deployment.
    suspensions
        The last one of each deployment, in force or not.
    """

    roster: RosterProgress
    orders: dict[str, OrderProgress]
    suspensions: list[DeploymentSuspended]
