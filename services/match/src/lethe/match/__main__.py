"""`python -m lethe.match`."""

import sys

from lethe.match.app import serve
from lethe.match.settings import MatchSettings
from lethe.runtime.service import run_service

if __name__ == "__main__":
    sys.exit(run_service("match", MatchSettings, serve))
