"""A broker that is there already: Apache Kafka, or what speaks its protocol."""

import asyncio
import os
import re
import time
from collections.abc import Callable, Coroutine
from typing import Any

from lethe.cli.stack.brokers import Run
from lethe.cli.stack.left_overs import end_left_overs
from lethe.contracts.errors import InvalidInput, Transient
from lethe.runtime.admin import TopicAdmin
from lethe.runtime.broker_settings import BrokerSettings
from lethe.runtime.reaching import translated
from lethe.runtime.settings import SECRETS_DIR, load_settings
from lethe.runtime.topic_settings import Difference
from lethe.shredding.trust import LocalTrust

PREFIX = "LETHE_BROKER_"
_PASSED_ON = (SECRETS_DIR, "LETHE_SESSION_TIMEOUT_MS")
_CLIENT = "lethe-stack"
_PURGES = "lethe.purge"
_ALONE_WITHIN_S = 8.0
_LOOK_EVERY_S = 0.25


class ExternalBroker:
    """Outlives the stack, and keeps what it was given.

    Parameters
    ----------
    notice
        Told in one line of what earlier runs left.
    """

    def __init__(
        self, settings: BrokerSettings, trust: LocalTrust, notice: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._trust = trust
        self._notice = notice

    @property
    def environment(self) -> dict[str, str]:
        """The settings with which services reach it: this process's own, and the address."""
        own = {
            name: value
            for name, value in os.environ.items()
            if name.startswith(PREFIX) or name in _PASSED_ON
        }
        return {**own, "LETHE_BROKER": self._settings.broker}

    async def open(self, run: Run) -> None:  # noqa: ARG002 - it starts no process
        """Make the topics that are missing, check the others, end what a killed run left."""
        with translated(self._settings.broker):
            async with TopicAdmin(self._settings) as admin:
                if await admin.missing():
                    await admin.create()
                    await admin.wait_ready()
                require_registered(await admin.differences(), self._settings.broker)
                await self._require_alone(admin)
            options = self._settings.connection(_CLIENT)
            ended = await end_left_overs(options, self._trust, time.time_ns() // 1000)
        if ended:
            self._notice(f"{ended} orders of earlier runs were still running; ended")

    def upkeep(self) -> dict[str, Coroutine[Any, Any, None]]:
        """Do nothing: its retention is its own."""
        return {}

    async def close(self) -> None:
        """Leave it as it is."""

    async def _require_alone(self, admin: TopicAdmin) -> None:
        """See that no other stack works on it; one that was killed is a member for some seconds."""
        deadline_s = time.monotonic() + _ALONE_WITHIN_S
        while True:
            late = time.monotonic() > deadline_s
            try:
                if not await admin.members(_PURGES):
                    return
            except Transient:
                # A broker that was just started doesn't know its groups yet.
                if late:
                    raise
            else:
                if late:
                    raise InvalidInput(
                        f"another Lethe works on the broker {self._settings.broker}; end it first"
                    )
            await asyncio.sleep(_LOOK_EVERY_S)


def broker_settings(address: str) -> BrokerSettings:
    """Return how to reach a broker, with the rest of it from `LETHE_BROKER_...`.

    Raises
    ------
    InvalidInput
        If the address or a variable is wrong.
    """
    if not re.fullmatch(r"([^\s:,]+:\d+)(,[^\s:,]+:\d+)*", address):
        raise InvalidInput(f"'{address}' is no broker address; name it as HOST:PORT")
    return load_settings(BrokerSettings).model_copy(update={"broker": address})


def require_registered(differences: list[Difference], address: str) -> None:
    """Check that the topics are as the registry states.

    Raises
    ------
    InvalidInput
        Naming the first difference and how to mend it.
    """
    if not differences:
        return
    first, *others = differences
    more = f" (and {len(others)} more differences)" if others else ""
    raise InvalidInput(
        f"{first}{more}; 'lethe topics check --broker {address}' lists all, "
        "'lethe topics apply' mends settings"
    )
