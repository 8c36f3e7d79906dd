"""What a process that is given a secret has of it at the end, in memory that anybody reads."""

import os
import subprocess
import sys

from tests.forensics.looking import in_process
from tests.forensics.searching import Found, Index
from tests.forensics.windows import Kind, cut

from lethe.runtime.residue import WITHOUT_RESIDUE


def remnants(program: str, *arguments: str, kind: Kind, secret: bytes) -> Found:
    """Run a program as services are run, and search its memory once it says that it is done.

    Parameters
    ----------
    program
        Python that reads the secret from its input, uses it, overwrites what it read into, says
        "done" and waits.
    arguments
        Of the program.
    kind
        As what the secret is looked for.
    """
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | WITHOUT_RESIDUE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(secret)
        process.stdin.close()
        try:
            assert process.stdout.readline() == b"done\n"
            return in_process(Index([cut(kind, secret, 0)]), process.pid, born_by=0)
        finally:
            process.kill()
