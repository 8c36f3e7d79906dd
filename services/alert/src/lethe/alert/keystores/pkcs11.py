"""Keys in a security module, by way of PKCS#11: hardware, or whatever stands in for it.

For each data key there is a secret key in the module that never leaves it. What is read is what
the module answers to a fixed text (HMAC-SHA256, RFC 2104), so that a copy of it has to be made
anew from the module each time, and nothing answers once the module's key is destroyed.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import PKCS11Error, UserAlreadyLoggedIn

from lethe.alert.errors import Conflict, KeyStoreUnavailable, KeyStoreUnusable
from lethe.alert.keystores.naming import is_name, read, require_name, written
from lethe.alert.keystores.port import KEY_BYTES, StoredKey
from lethe.contracts.errors import Erased
from lethe.contracts.receipts import ErasurePromise

_QUESTION = b"lethe data key v1"
_PREFIX = "lethe/"
"""Before the name in an object's label: a module may hold keys of others."""

_T = TypeVar("_T")


class ModuleKeyStore:
    """One object in the module per key; its label names it, its id says when it is due.

    What erasure means here: the module is told to destroy the object (`C_DestroyObject`). PKCS#11
    has no way to ask what is left then: a module of hardware may overwrite it, one that keeps its
    objects in files or in a database may not, and one that is backed up or mirrored has others.
    So the least is promised, unless whoever runs the module says better.

    Parameters
    ----------
    address
        As in RFC 7512: `pkcs11:token=LABEL?module-path=/path/to/module.so`, or `serial=` instead
        of `token=`.
    pin
        Of the token's user.
    promise
        What whoever runs the module says of it; None promises the least.

    Raises
    ------
    KeyStoreUnusable
        If the address says too little, or the module can't be loaded or logged into.
    """

    def __init__(
        self, address: str, pin: str | None, promise: ErasurePromise | None = None
    ) -> None:
        self.promise = promise or ErasurePromise.UNLINKED
        self._path, self._token = _parsed(address)
        self._pin = pin
        self._lock = threading.Lock()
        self._session: Any = None
        try:
            self._session = self._open()
        except (PKCS11Error, RuntimeError) as fault:
            raise KeyStoreUnusable(
                f"the security module can't be used ({type(fault).__name__}): look at "
                "LETHE_KEY_STORE, LETHE_KEY_STORE_SECRET, and whether the module is there"
            ) from None

    def create(self, name: str, due_us: int | None = None) -> None:
        """Have the module draw a key that never leaves it."""
        label = _label(name)

        def work(session: Any) -> None:
            if any(_found(session, label)):
                raise Conflict(f"there is a key named {name} already")
            made = session.generate_key(
                KeyType.GENERIC_SECRET,
                8 * KEY_BYTES,
                mechanism=Mechanism.GENERIC_SECRET_KEY_GEN,
                label=label,
                id=written(due_us),
                store=True,
                template={
                    Attribute.SENSITIVE: True,
                    Attribute.EXTRACTABLE: False,
                    Attribute.MODIFIABLE: True,
                    Attribute.SIGN: True,
                },
            )
            # A module lets two of a label be made at once, by another process as well.
            if len(list(_found(session, label))) > 1:
                made.destroy()
                raise Conflict(f"there is a key named {name} already")

        self._ask(work)

    def read(self, name: str) -> StoredKey:
        """Have the module make the key."""

        def work(session: Any) -> StoredKey:
            held = _the_one(session, name)
            secret = held.sign(_QUESTION, mechanism=Mechanism.SHA256_HMAC)
            return StoredKey(secret, read(held[Attribute.ID]))

        return self._ask(work)

    def due_us(self, name: str) -> int | None:
        """Return when the key is due."""
        return self._ask(lambda session: read(_the_one(session, name)[Attribute.ID]))

    def shorten(self, name: str, due_us: int) -> None:
        """Bring the due time of a key forward."""

        def work(session: Any) -> None:
            held = _the_one(session, name)
            known = read(held[Attribute.ID])
            if known is None or due_us < known:
                held[Attribute.ID] = written(due_us)

        self._ask(work)

    def erase(self, name: str) -> None:
        """Have the module destroy the key."""
        label = _label(name)

        def work(session: Any) -> None:
            for held in list(_found(session, label)):
                held.destroy()

        self._ask(work)

    def names(self) -> list[str]:
        """Return the names of all keys that are kept, sorted."""

        def work(session: Any) -> list[str]:
            kept = session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY})
            labels = [held.label for held in list(kept)]
            names = [label.removeprefix(_PREFIX) for label in labels if label.startswith(_PREFIX)]
            return sorted(name for name in names if is_name(name))

        return self._ask(work)

    def close(self) -> None:
        """Log out."""
        with self._lock:
            self._drop()

    def _ask(self, work: Callable[[Any], _T]) -> _T:
        """Ask the module, one thing at a time; it is logged into again after a failure."""
        with self._lock:
            try:
                if self._session is None:
                    self._session = self._open()
                return work(self._session)
            except (PKCS11Error, RuntimeError) as fault:
                self._drop()
                raise KeyStoreUnavailable(
                    f"the security module doesn't do it ({type(fault).__name__})"
                ) from None

    def _open(self) -> Any:
        token = pkcs11.lib(self._path).get_token(**self._token)
        try:
            return token.open(rw=True, user_pin=self._pin)
        except UserAlreadyLoggedIn:
            # By another store of this process: a login counts for all of it.
            return token.open(rw=True)

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with suppress(PKCS11Error, RuntimeError):
                session.close()


def _parsed(address: str) -> tuple[str, dict[str, str]]:
    """Return the path of a module, and how its token is found."""
    scheme, _, rest = address.partition(":")
    path, _, query = rest.partition("?")
    said = dict(part.partition("=")[::2] for part in path.split(";") if part)
    module = dict(parse_qsl(query)).get("module-path")
    names = {"token": "token_label", "serial": "token_serial"}
    token = {names[key]: unquote(value) for key, value in said.items() if key in names}
    if scheme != "pkcs11" or not module or not token:
        raise KeyStoreUnusable(
            "LETHE_KEY_STORE names no token of a security module: write it as "
            "pkcs11:token=LABEL?module-path=/path/to/module.so"
        )
    return module, token


def _label(name: str) -> str:
    return f"{_PREFIX}{require_name(name)}"


def _found(session: Any, label: str) -> Iterator[Any]:
    wanted = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: label}
    yield from list(session.get_objects(wanted))


def _the_one(session: Any, name: str) -> Any:
    """Return a key's object; raises `Erased` where there is none."""
    held = next(_found(session, _label(name)), None)
    if held is None:
        raise Erased(f"the key {name} is erased")
    return held
