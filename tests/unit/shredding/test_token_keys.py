import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lethe.shredding.keyfiles import read_private_key
from lethe.shredding.token_keys import create_token_key, public_jwk


@pytest.fixture(name="folder")
def folder_(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir()
    return tmp_path


def test_the_key_stays_and_only_its_public_half_is_published(folder: Path) -> None:
    assert create_token_key(folder)
    file = folder / "keys" / "token.key"
    private, published = file.read_text(), (folder / "tokens.jwks").read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert private.strip() not in published
    assert json.loads(published) == {"keys": [public_jwk(read_private_key(file))]}
    assert not create_token_key(folder)
    assert (file.read_text(), (folder / "tokens.jwks").read_text()) == (private, published)


def test_what_is_missing_or_broken_is_made_anew(folder: Path) -> None:
    create_token_key(folder)
    file, published = folder / "keys" / "token.key", folder / "tokens.jwks"
    before = file.read_text()
    published.unlink()
    assert create_token_key(folder)
    assert file.read_text() == before
    file.write_text("no key\n")
    assert create_token_key(folder)
    assert json.loads(published.read_text())["keys"] == [public_jwk(read_private_key(file))]


def test_a_key_is_named_by_its_thumbprint() -> None:
    # RFC 8037, appendix A.

    raw = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    jwk = public_jwk(Ed25519PrivateKey.from_private_bytes(raw))
    assert jwk["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert jwk["kid"] == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
