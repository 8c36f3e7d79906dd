"""What `lethe watchlist withdraw` does: subjects of a deployment are searched for no longer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lethe.cli.identity.minting import command_tokens
from lethe.cli.session.api import AlertApi
from lethe.cli.session.deploying import checked_address
from lethe.cli.session.signed_state import Signed, signed_state
from lethe.cli.watchlist.api import SubjectState, WatchlistApi
from lethe.contracts.errors import InvalidInput
from lethe.contracts.orders import OrderStatus
from lethe.receipts.words import many
from lethe.shredding.authorising import sign_state
from lethe.shredding.signing import SigningKey


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Who is to be withdrawn, and what was signed of the deployment so far.

    Attributes
    ----------
    already
        Of those who were asked for, whoever is withdrawn already.
    """

    signed: Signed
    subjects: tuple[SubjectState, ...] = field(repr=False)
    already: tuple[SubjectState, ...] = field(repr=False)

    def lines(self) -> list[str]:
        """Return what somebody reads before they sign."""
        gone = [f"{each.reference_number}: withdrawn already" for each in self.already]
        told = [each.model_dump() for each in self.subjects]
        return gone + [
            f"{each['reference_number']}: {each['name']}, {each['category']}" for each in told
        ]

    def outcome(self) -> str:
        """Return what somebody reads afterwards."""
        name, count = self.signed.order.deployment_id, len(self.subjects)
        told = f"{name} searches for {many(count, 'subject')} less"
        if not self.subjects:
            told = f"{name} searches for as many subjects as before"
        if self.already:
            were = "was" if len(self.already) == 1 else "were"
            told += f"; {many(len(self.already), 'subject')} {were} withdrawn already"
        return told


async def find_subjects(
    alert_url: str, deployment_id: str, numbers: Sequence[str], trust: Path
) -> Withdrawn:
    """Return the subjects of a deployment's watchlist by their reference numbers.

    Raises
    ------
    InvalidInput
        If one isn't on it, or the deployment's order doesn't hold.
    """
    async with AlertApi(checked_address(alert_url), command_tokens(trust)) as api:
        signed = signed_state(await api.deployment(deployment_id), trust)
        if signed.state.status is not OrderStatus.RUNNING:
            raise InvalidInput(f"{deployment_id} has ended: nobody is searched for")
        wanted = {number.strip().casefold(): number for number in numbers}
        found: dict[str, SubjectState] = {}
        async for subject in WatchlistApi(api, signed.order.watchlist_id).subjects():
            if subject.reference_number.casefold() in wanted:
                found[subject.reference_number.casefold()] = subject
            if len(found) == len(wanted):
                break
    for folded, number in wanted.items():
        if folded not in found:
            raise InvalidInput(f"{number} isn't on {signed.order.watchlist_id}")
    gone = [each for each in found.values() if each.subject_id in signed.state.withdrawn]
    there = [each for each in found.values() if each.subject_id not in signed.state.withdrawn]
    return Withdrawn(signed, tuple(there), tuple(gone))


async def withdraw(
    alert_url: str, withdrawn: Withdrawn, why: str, trust: Path, key: SigningKey
) -> None:
    """Sign that subjects are searched for no longer, and hand it in.

    Raises
    ------
    InvalidInput
        If alert refuses it.
    """
    signed = withdrawn.signed
    added = [each.subject_id for each in withdrawn.subjects]
    ordered = sign_state(
        signed.envelope,
        key,
        status=OrderStatus.RUNNING,
        serial=signed.state.serial + 1,
        withdrawn=[*signed.state.withdrawn, *added],
    )
    async with AlertApi(checked_address(alert_url), command_tokens(trust)) as api:
        await api.withdraw(signed.order.deployment_id, ordered.state.encode(), why)
