"""Ports on the loopback interface."""

import errno
import socket
from contextlib import ExitStack

from lethe.contracts.errors import InvalidInput

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Return `count` different ports that nobody listens on at the moment."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]


def require_free_port(port: int) -> int:
    """Check that the port of the alert page can be had; 0 chooses a free one.

    Raises
    ------
    InvalidInput
        If it is in use, or may not be used by this user.
    """
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
        chosen: int = trial.getsockname()[1]
        return chosen
