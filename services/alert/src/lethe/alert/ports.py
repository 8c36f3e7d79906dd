"""What the web needs from the rest of alert: implemented beside Kafka, faked in tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from lethe.contracts.orders import CameraAssigned, DeploymentOrdered, OrderType
from lethe.contracts.sealed import SignedEnvelope
from lethe.contracts.suspension import DeploymentSuspended


class Enroller(Protocol):
    """Sends images of subjects through the pipeline."""

    def submit(self, reference_id: str) -> None:
        """Take an image to be enrolled; its outcome comes later."""
        ...


class Renewer(Enroller, Protocol):
    """Sends what was enrolled once through the pipeline again."""

    async def submit_again(self, watchlist_id: str, held: int = 0) -> None:
        """Submit what is enrolled of a list that an order names.

        Parameters
        ----------
        held
            How many of its references match has, made with the model pack in use.
        """
        ...

    def try_again(self, watchlist_id: str) -> None:
        """Believe no longer that a list can't be whole."""
        ...


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The next state of an order, under which fewer subjects are searched for.

    Attributes
    ----------
    subject_ids
        Those who are withdrawn by it, and weren't before.
    """

    deployment_id: str
    watchlist_id: str
    subject_ids: Sequence[str]
    ordered: DeploymentOrdered


class Deployments(Protocol):
    """Takes deployment orders, and ends them."""

    async def order(self, ordered: DeploymentOrdered, cameras: list[CameraAssigned]) -> str:
        """Verify an order and publish it with its cameras.

        Returns
        -------
        str
            The deployment id.

        Raises
        ------
        Refused
            If its signature or its content doesn't hold.
        """
        ...

    async def end(self, deployment_id: str, ended_by: str) -> bool:
        """End an order at once, for good.

        Returns
        -------
        bool
            Whether it did; not if it had ended already.

        Raises
        ------
        NotFound
            If no order of this name was heard.
        Transient
            If nobody can be told now: it goes on.
        """
        ...

    def withdrawal(self, deployment_id: str, state: SignedEnvelope) -> Withdrawal:
        """Verify a state that withdraws subjects and does nothing else; nobody is told yet.

        Raises
        ------
        NotFound
            If no order of this name was heard.
        Refused
            If it doesn't hold, brings somebody back, ends, or lifts a suspension.
        """
        ...

    async def withdraw(self, withdrawal: Withdrawal) -> None:
        """Have every service obey it, and obey it.

        Raises
        ------
        Refused
            If another state of the order came meanwhile.
        Transient
            If nobody can be told now, or it isn't known: the same may be handed in again, and is
            brought through before any other.
        """
        ...


class OrderDesk(Deployments, Protocol):
    """Takes deployment orders, and tells before whether it would."""

    def is_known(self, deployment_id: str) -> bool:
        """Tell whether an order of a deployment was heard."""
        ...

    def require(self, ordered: DeploymentOrdered, cameras: list[CameraAssigned]) -> None:
        """Verify an order and do nothing else; raises as `order` where it is refused."""
        ...


@dataclass(frozen=True, slots=True)
class SuspensionStatus:
    """Why a deployment gets no keys, so that nothing is captured.

    Attributes
    ----------
    suspension_id
        What an officer names who resumes it.
    reason
        One sentence for people; `ground` is its name for programs.
    since
        When it was found (RFC 3339, UTC).
    """

    suspension_id: str
    ground: str
    reason: str
    since: str

    @classmethod
    def of(cls, said: DeploymentSuspended) -> Self:
        """Return it of what purge tells."""
        return cls(said.suspension_id, said.ground.value, said.ground.sentence, said.at.isoformat())


@dataclass(frozen=True, slots=True)
class DeploymentStatus:
    """A deployment as the officers see it. `ends_at_us` is UTC in microseconds since 1970."""

    deployment_id: str
    order_type: OrderType
    status: str
    watchlist_id: str
    watchlist_size: int
    threshold: float
    ends_at_us: int
    suspended: SuspensionStatus | None = None


@dataclass(frozen=True, slots=True)
class SignedState:
    """An order and its newest state, as they were signed: what the next state needs.

    Attributes
    ----------
    withdrawn_elsewhere
        How many subjects are searched for under it who are withdrawn under another order of the
        same watchlist.
    """

    deployment: DeploymentStatus
    signed: SignedEnvelope
    signed_state: SignedEnvelope
    serial: int
    withdrawn: Sequence[str] = ()
    withdrawn_elsewhere: int = 0


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """A camera as the officers see it.

    Attributes
    ----------
    state
        `live`, `silent`, `reconnecting`, `ended`, `failed`, `starting`; `assigned` while nothing
        was heard of it.
    trouble
        Why it isn't live, in one line, where that is known.
    """

    camera_id: str
    deployment_id: str
    state: str
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """How the system is.

    Attributes
    ----------
    blind
        Why no search takes place although a deployment runs; None while they do.
    """

    deployments: tuple[DeploymentStatus, ...] = ()
    cameras: tuple[CameraStatus, ...] = ()
    blind: str | None = None


class StatusSource(Protocol):
    """Knows how the system is."""

    def deployment(self, deployment_id: str) -> SignedState | None:
        """Return an order that was verified here."""
        ...

    async def status(self) -> Status:
        """Return it, without waiting for anybody."""
        ...
