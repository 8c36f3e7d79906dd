"""Which store keys lie in: that which a setting names by the scheme of its address."""

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol

from lethe.alert.errors import KeyStoreUnusable
from lethe.alert.keystores.files import FileKeyStore
from lethe.alert.keystores.port import ErasableKeyStore
from lethe.contracts.receipts import ErasurePromise

GROUP = "lethe.key_stores"
"""Entry points of packages that bring a store: each is called as its scheme, and names an
`Opener`."""

_MODULE_SCHEME = "pkcs11"


class Opener(Protocol):
    """What a package that brings a store has to offer."""

    def __call__(self, address: str, secret: str | None) -> ErasableKeyStore:
        """Open a store.

        Parameters
        ----------
        address
            All of it, with its scheme.
        secret
            With which it is opened, such as a PIN or a token; it never stands in the address.

        Raises
        ------
        KeyStoreUnusable
            If it can't be, with one line that says what to do.
        """
        ...


def open_key_store(
    address: str | None,
    folder: Path,
    *,
    secret: str | None = None,
    promise: ErasurePromise | None = None,
    apart_from: Iterable[Path] = (),
) -> ErasableKeyStore:
    """Open the store of an address; without one, that of files in a folder.

    Parameters
    ----------
    promise
        What whoever runs a security module says of it. No other store takes that from anybody.
    apart_from
        As for `FileKeyStore`.

    Raises
    ------
    KeyStoreUnusable
        If it can't be opened, or there is none of its scheme.
    """
    scheme = (address or "").partition(":")[0]
    if promise is not None and scheme != _MODULE_SCHEME:
        raise KeyStoreUnusable("LETHE_KEY_STORE_PROMISE is for a security module (pkcs11:) only")
    if address is None:
        return FileKeyStore(folder, apart_from)
    if scheme == _MODULE_SCHEME:
        return _module(address, secret, promise)
    found = entry_points(group=GROUP, name=scheme)
    if not found:
        raise KeyStoreUnusable(
            f"LETHE_KEY_STORE: there is no key store for {scheme}: here; install the package that "
            f"brings it, which names it in the entry points {GROUP}"
        )
    return _brought(next(iter(found)), address, secret)


def _module(address: str, pin: str | None, promise: ErasurePromise | None) -> ErasableKeyStore:
    try:
        # Not everybody who runs alert has a module, or what it takes to talk to one.
        from lethe.alert.keystores.pkcs11 import ModuleKeyStore  # noqa: PLC0415
    except ModuleNotFoundError:
        raise KeyStoreUnusable(
            "LETHE_KEY_STORE: security modules need the package python-pkcs11; "
            "install lethe-alert[pkcs11]"
        ) from None
    return ModuleKeyStore(address, pin, promise)


def _brought(entry: EntryPoint, address: str, secret: str | None) -> ErasableKeyStore:
    opener: Opener = entry.load()
    store = opener(address, secret)
    if store.promise not in tuple(ErasurePromise):
        raise KeyStoreUnusable(
            f"LETHE_KEY_STORE: the store for {entry.name}: promises what nobody here knows; an "
            "erasure is worth one of " + ", ".join(ErasurePromise)
        )
    return store
