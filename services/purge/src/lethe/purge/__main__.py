"""`python -m lethe.purge`."""

import sys

from lethe.purge.app import serve
from lethe.purge.settings import PurgeSettings
from lethe.runtime.service import run_service

if __name__ == "__main__":
    sys.exit(run_service("purge", PurgeSettings, serve))
