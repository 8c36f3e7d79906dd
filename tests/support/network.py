"""A watch over the process's sockets: tests talk to this machine only."""

import sys
from ipaddress import ip_address

_LOCAL_NAMES = frozenset({"", "localhost", None})
_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.getaddrinfo"})


class LeftTheMachine(AssertionError):
    """A test connected to another machine, or asked for its address."""


class NetworkWatch:
    """Refuses and remembers every attempt to reach another machine.

    An audit hook sees them below every library. It can't be removed, so it is installed once.
    """

    def __init__(self) -> None:
        self._attempts: list[str] = []

    def install(self) -> None:
        """Watch from now on, for the life of the process."""
        sys.addaudithook(self._hook)

    def take(self) -> list[str]:
        """Give the attempts since the last call: code under test may have swallowed the error."""
        attempts, self._attempts = self._attempts, []
        return attempts

    def _hook(self, event: str, arguments: tuple[object, ...]) -> None:
        if event not in _EVENTS:
            return
        host = _host(event, arguments)
        if not is_local(host):
            self._attempts.append(f"{event}: {host!r}")
            raise LeftTheMachine(f"{event}: {host!r} isn't this machine")


def is_local(host: object) -> bool:
    """Tell whether a host, by name or number, is this machine."""
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if host in _LOCAL_NAMES:
        return True
    try:
        address = ip_address(str(host))
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _host(event: str, arguments: tuple[object, ...]) -> object:
    if event == "socket.getaddrinfo":
        return arguments[0]
    address = arguments[1]
    # Only internet addresses are tuples of host and port; a path is a socket of this machine.
    return address[0] if isinstance(address, tuple) and address else None
