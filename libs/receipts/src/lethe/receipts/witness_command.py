"""`lethe-receipts witness`: a witness to run elsewhere."""

import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread

from lethe.receipts.checkpoints import require_log
from lethe.receipts.errors import BadInput
from lethe.receipts.notes import is_name
from lethe.receipts.opening import named_verifier
from lethe.receipts.witness import Witness
from lethe.receipts.witness_folder import WitnessFolder
from lethe.receipts.witness_server import WitnessServer

ABOUT = """\
Run a witness of receipts, on a machine that somebody else looks after.

It keeps the last checkpoint that it saw of every log whose key it was given, and cosigns another
only if the log grew from that one: never a fork, never a step back. It learns nothing but
checkpoints: names of logs, sizes and hashes. alert submits to it (C2SP tlog-witness)."""


def run_witness(folder: Path, *, name: str, logs: Sequence[str], listen: str) -> None:
    """Serve until SIGINT or SIGTERM.

    Parameters
    ----------
    folder
        For the witness's key and what it saw.
    name
        Names it in cosignatures, such as `witness.example/lethe`.
    logs
        Verifier keys of logs, or files that hold them.
    listen
        HOST:PORT.

    Raises
    ------
    BadInput
        If something of that can't be used.
    """
    if not is_name(name):
        raise BadInput("the name of a witness has no spaces and no plus, like witness.example/w1")
    known = [require_log(named_verifier(each)) for each in logs]
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit():
        raise BadInput(f"{listen}: no HOST:PORT to listen on")
    kept = WitnessFolder(folder)
    try:
        cosigner = kept.cosigner(name)
        witness = Witness(cosigner, known, kept, lambda: int(time.time()))
        with WitnessServer(witness, host.strip("[]"), int(port)) as server:
            sys.stdout.write(f"witness key {cosigner.verifier}\n")
            sys.stdout.write(f"ready at http://{host}:{server.server_port}\n")
            sys.stdout.flush()
            _serve(server)
    finally:
        kept.close()


def _serve(server: WitnessServer) -> None:
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    thread = Thread(target=server.serve_forever)
    thread.start()
    stop.wait()
    server.shutdown()
    thread.join()
