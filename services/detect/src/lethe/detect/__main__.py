"""`python -m lethe.detect`."""

import sys

from lethe.detect.app import serve
from lethe.detect.settings import DetectSettings
from lethe.runtime.service import run_service

if __name__ == "__main__":
    sys.exit(run_service("detect", DetectSettings, serve))
