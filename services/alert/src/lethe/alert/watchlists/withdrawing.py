"""Withdrawing subjects from a deployment that runs: they were found, or listed in error."""

from lethe.alert.audit import of_deployments
from lethe.alert.audit.ports import Audit
from lethe.alert.ports import Deployments, Withdrawal
from lethe.alert.watchlists.subject_desk import SubjectDesk
from lethe.contracts.sealed import SignedEnvelope


class WithdrawalDesk:
    """Takes what an officer signed, if it is about subjects of the deployment's watchlist."""

    def __init__(self, deployments: Deployments, subjects: SubjectDesk, audit: Audit) -> None:
        self._deployments = deployments
        self._subjects = subjects
        self._audit = audit

    async def withdraw(self, deployment_id: str, state: SignedEnvelope) -> Withdrawal:
        """Have subjects searched for no longer.

        It is written down first, and the services are told after: whatever is in force stands in
        the audit log, and what stands there was handed in, and may have to be once more.

        Raises
        ------
        NotFound
            If there is no such deployment, or no such subject on its watchlist.
        Refused, Transient
            As `Deployments.withdrawal` and `withdraw`.
        """
        withdrawal = self._deployments.withdrawal(deployment_id, state)
        for subject_id in withdrawal.subject_ids:
            await self._subjects.known(withdrawal.watchlist_id, subject_id)
        await self._audit.append(*of_deployments.withdrawn(withdrawal))
        await self._deployments.withdraw(withdrawal)
        return withdrawal
