"""The key of this machine's receipts."""

from lethe.cli.home import Home
from lethe.receipts.notes import ED25519, VerifierKey
from lethe.receipts.origins import signer_name
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
