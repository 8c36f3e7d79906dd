"""The keyring of an instance: the store that its settings name, and the clock beside it."""

from pathlib import Path

import structlog

from lethe.alert.clock_file import ClockFile
from lethe.alert.errors import KeyStoreUnusable
from lethe.alert.keyring import Keyring
from lethe.alert.keystores.opening import open_key_store
from lethe.alert.retention_clock import RetentionClock
from lethe.alert.settings import AlertSettings
from lethe.shredding.clock import Clock

_log = structlog.get_logger()


def open_keyring(settings: AlertSettings, clock: Clock, database: Path | None) -> Keyring:
    """Open it; no stepped clock lengthens a life from now on.

    Parameters
    ----------
    database
        The folder that the database's file lies in, if it has one.

    Raises
    ------
    KeyStoreUnusable, KeyStoreUnavailable
        If store or clock can't be used.
    """
    folder = settings.key_dir or settings.data_dir / "keys"
    secret = settings.key_store_secret
    store = open_key_store(
        settings.key_store,
        folder,
        secret=secret.get_secret_value() if secret else None,
        promise=settings.key_store_promise,
        apart_from=[*([database] if database else []), *settings.backed_up_dirs],
    )
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as fault:
        raise KeyStoreUnusable(
            f"can't keep the clock in {folder} ({fault.strerror}); name a folder that you own"
        ) from None
    _log.info("key store", state=store.promise.value)
    keyring = Keyring(store, RetentionClock(clock, ClockFile(folder)))
    # Before the first key is made.
    keyring.keep_time()
    return keyring
