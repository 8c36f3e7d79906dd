"""The command looks at pictures itself: its memory must not come to lie on a disk."""

import subprocess
import sys

_ASK = """
import ctypes, resource, sys
from lethe.cli.__main__ import main
sys.argv = ["lethe", "version"]
main()
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


def test_no_core_is_dumped_of_the_command() -> None:
    done = subprocess.run([sys.executable, "-c", _ASK], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "(0, 0) 0"
