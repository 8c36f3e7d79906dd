"""Ports on the loopback interface."""

import atexit
import errno
import socket
from collections import deque

from lethe.contracts.errors import InvalidInput

LOOPBACK = "127.0.0.1"
_MOST_KEPT = 256
_kept: deque[socket.socket] = deque()


def free_ports(count: int) -> list[int]:
    """Return `count` different ports, and keep them from whoever takes any port there is.

    A server needs seconds to start: meanwhile this process stays at the port, without listening.
    Whoever binds it with SO_REUSEADDR, as servers do, gets it all the same. Of very many ports the
    first are let go.
    """
    for _ in range(count):
        kept = socket.socket()
        kept.bind((LOOPBACK, 0))
        # Not before: so nobody else is at it now.
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _kept.append(kept)
    ports = [each.getsockname()[1] for each in list(_kept)[len(_kept) - count :]]
    _let_go(max(count, _MOST_KEPT))
    return ports


def _let_go(but: int = 0) -> None:
    """Leave the ports that were kept, but for so many of the latest."""
    while len(_kept) > but:
        _kept.popleft().close()


atexit.register(_let_go)


def require_free_port(port: int) -> int:
    """Check that the port of the alert page can be had; 0 chooses a free one.

    Raises
    ------
    InvalidInput
        If it is in use, or may not be used by this user.
    """
    if port == 0:
        [port] = free_ports(1)
    with socket.socket() as trial:
        # As the web server does it: a port in TIME_WAIT counts as free.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
            trial.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise InvalidInput(
                    f"port {port} is in use; end the other program or choose another with --port"
                ) from None
            raise InvalidInput(
                f"port {port} can't be used ({error.strerror}); choose another with --port"
            ) from None
    return port
