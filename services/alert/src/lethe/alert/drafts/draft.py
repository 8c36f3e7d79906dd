"""A draft of an order, and where drafts are kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lethe.contracts.orders import CameraAssigned, DeploymentOrder
from lethe.contracts.sealed import SignedEnvelope


@dataclass(frozen=True, slots=True)
class Draft:
    """An order before it is authorised, with its cameras.

    Attributes
    ----------
    payload
        The order as it is signed, without who authorises it.
    revision
        Rises with every change and with its signature.
    authors
        Whoever wrote at it or had it signed, as their tokens name them: none of them hands it in.
    signer, signature
        Of the roster's entry that drafted it; None while nobody has signed it.
    """

    deployment_id: str
    payload: bytes = field(repr=False)
    cameras: Sequence[CameraAssigned] = field(repr=False)
    revision: int
    authors: Sequence[str]
    signer: str | None = None
    signature: bytes | None = None

    @property
    def order(self) -> DeploymentOrder:
        """What it says."""
        return DeploymentOrder.decode(self.payload)

    @property
    def signed(self) -> SignedEnvelope | None:
        """The draft as its drafter signed it; None while nobody has."""
        if self.signer is None or self.signature is None:
            return None
        return SignedEnvelope(signer=self.signer, payload=self.payload, signature=self.signature)


class DraftStore(Protocol):
    """Where drafts are kept. Every writing method returns after its commit."""

    async def add(self, draft: Draft) -> bool:
        """Keep a draft; tell whether there was none of this deployment."""
        ...

    async def find(self, deployment_id: str) -> Draft | None:
        """Return the draft of a deployment."""
        ...

    async def after(self, deployment_id: str, limit: int) -> Sequence[Draft]:
        """Return drafts in the order of their deployments' ids, behind one."""
        ...

    async def count(self) -> int:
        """Return how many there are."""
        ...

    async def change(self, draft: Draft, revision: int) -> bool:
        """Store a draft otherwise, unless its revision is no longer that; tell whether it was."""
        ...

    async def give_up(self, deployment_id: str) -> bool:
        """Remove a draft that nobody wants any more; tell whether there was one."""
        ...

    async def settle(self, deployment_id: str) -> None:
        """Remove the draft of a deployment that was ordered, if there is one."""
        ...
