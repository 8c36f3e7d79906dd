"""With what a service speaks TLS to those who call it."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from lethe.contracts.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files (PEM): a certificate with its chain, and its key."""

    chain_file: Path
    key_file: Path

    def context(self) -> ssl.SSLContext:
        """Return what a server needs of them.

        Raises
        ------
        InvalidInput
            If they can't be used.
        """
        try:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            # A key that wants a password is refused here, rather than asked for on a terminal.
            context.load_cert_chain(self.chain_file, self.key_file, password="")
        except OSError as error:
            raise InvalidInput(
                f"TLS can't be served ({type(error).__name__}); check LETHE_HTTP_CERTIFICATE_FILE "
                "and LETHE_HTTP_KEY_FILE"
            ) from None
        return context
