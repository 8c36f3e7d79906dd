"""`python -m lethe.alert`."""

import sys

from lethe.alert.app import serve
from lethe.alert.settings import AlertSettings
from lethe.runtime.service import run_service

if __name__ == "__main__":
    sys.exit(run_service("alert", AlertSettings, serve))
