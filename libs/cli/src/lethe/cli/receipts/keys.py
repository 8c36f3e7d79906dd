"""The key of this machine's receipts."""

from pathlib import Path

from lethe.cli.home import RECEIPTS_VERIFIER, Home
from lethe.contracts.errors import InvalidInput
from lethe.receipts.errors import BadInput
from lethe.receipts.notes import ED25519, VerifierKey
from lethe.receipts.origins import fingerprint, signer_name
from lethe.shredding.keyfiles import read_private_key
from lethe.shredding.roster import RECEIPTS_NAME
from lethe.shredding.trust import LocalTrust


def receipts_verifier(home: Home) -> VerifierKey:
    """Return the public half of the key that this machine's purge signs receipts with.

    Raises
    ------
    InvalidInput
        If there is no such key.
    """
    private_key = read_private_key(LocalTrust(home.trust, "").key_file(RECEIPTS_NAME))
    public = private_key.public_key().public_bytes_raw()
    return VerifierKey(signer_name(public), ED25519, public)


def key_to_pin(trust: Path) -> str | None:
    """Return the fingerprint of the key that an order pins; None where it isn't known here.

    Parameters
    ----------
    trust
        Folder of the services' trust, with the public half of the key.

    Raises
    ------
    InvalidInput
        If the file holds none.
    """
    file = trust / RECEIPTS_VERIFIER
    try:
        return fingerprint(VerifierKey.parse(file.read_text()).public)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, BadInput):
        raise InvalidInput(f"{file} holds no verifier key; run `lethe setup` again") from None
