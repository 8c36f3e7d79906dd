"""What a broker's refusal means, in one line that says what to do."""

import asyncio
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    InvalidSessionTimeoutError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from lethe.contracts.errors import InvalidInput, LetheError, Transient

_RIGHTS = "the rights that docs/how-to/run-against-another-broker.md lists"
_Kinds = tuple[type[BaseException], ...]
_TO_MEND: tuple[tuple[_Kinds, str], ...] = (
    (
        (AuthenticationFailedError, SaslAuthenticationFailed),
        "the broker {server} refuses the credentials; check LETHE_BROKER_USERNAME and _PASSWORD",
    ),
    (
        (UnsupportedSaslMechanismError, IllegalSaslStateError),
        "the broker {server} takes another login; check LETHE_BROKER_SECURITY, _SASL_MECHANISM",
    ),
    ((socket.gaierror,), "the broker's host {host} isn't known; check its name"),
    (
        (ssl.SSLError,),
        "TLS with the broker {server} fails; check LETHE_BROKER_SECURITY and LETHE_BROKER_CA_FILE",
    ),
    ((ValueError,), "'{server}' is no broker address; name it as HOST:PORT"),
)
_TRY_S = 5.0


async def why_unreachable(options: dict[str, Any]) -> LetheError:
    """Ask every bootstrap server once more and return why none of them would do.

    aiokafka tells only that none did; its reasons go to a log.

    Parameters
    ----------
    options
        Those of `BrokerSettings.connection`.
    """
    how = {name: value for name, value in options.items() if name != "bootstrap_servers"}
    told: LetheError = Transient("the broker can't be reached")
    for server in str(options["bootstrap_servers"]).split(","):
        host, _, port = server.strip().rpartition(":")
        try:
            async with asyncio.timeout(_TRY_S):
                connection = await create_conn(host, int(port), **how)
                try:
                    # A broker that wants a login lets others connect, and hangs up when asked.
                    await connection.send(MetadataRequest([]))
                finally:
                    connection.close()
        except (OSError, KafkaError, TimeoutError, ValueError) as error:
            told = _in_words(error, server.strip())
            if isinstance(told, InvalidInput):
                return told
        else:
            return Transient(f"the broker {server.strip()} answers and isn't ready yet")
    return told


def refusal(error: BaseException, *, session_ms: int | None = None) -> InvalidInput | None:
    """Return what the user can mend about a broker's refusal, or None if that is nothing.

    Parameters
    ----------
    session_ms
        The session that was asked for, where a group was to be joined.
    """
    if isinstance(error, TopicAuthorizationFailedError):
        return InvalidInput(
            f"the broker refuses this user topic {_names(error)}: give it {_RIGHTS}"
        )
    if isinstance(error, GroupAuthorizationFailedError):
        return InvalidInput(
            f"the broker refuses this user group {_names(error)}: give it {_RIGHTS}"
        )
    if isinstance(error, ClusterAuthorizationFailedError):
        return InvalidInput(
            "the broker refuses this user the cluster: give it the right to create topics, or "
            "let an administrator run 'lethe topics create'"
        )
    if isinstance(error, InvalidSessionTimeoutError):
        return InvalidInput(
            f"the broker refuses group sessions of {session_ms} ms: set its "
            f"group.min.session.timeout.ms to {session_ms} or less, or LETHE_SESSION_TIMEOUT_MS "
            "to 6000"
        )
    return None


@contextmanager
def translated(address: str) -> Iterator[None]:
    """Turn what a broker's client raises into one line.

    Raises
    ------
    InvalidInput
        If it is the user's to mend.
    Transient
        If it isn't.
    """
    try:
        yield
    except (KafkaError, OSError) as error:
        raise refusal(error) or Transient(
            f"the broker {address} fails ({type(error).__name__})"
        ) from None


def _in_words(error: BaseException, server: str) -> LetheError:
    for kinds, told in _TO_MEND:
        if isinstance(error, kinds):
            return InvalidInput(told.format(server=server, host=server.rpartition(":")[0]))
    if isinstance(error, OSError):
        return Transient(f"nothing takes connections at the broker's address {server}")
    return InvalidInput(
        f"the broker {server} ends the connection ({type(error).__name__}); check "
        "LETHE_BROKER_SECURITY"
    )


def _names(error: KafkaError) -> str:
    named: Iterable[object] = error.args
    flat = [one for each in named for one in (each if isinstance(each, set | list) else [each])]
    first, *others = sorted(map(str, flat)) or ["(it doesn't say which)"]
    return f"{first} and {len(others)} more" if others else first
