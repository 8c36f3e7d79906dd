"""`python -m lethe.ingest`."""

import sys

from lethe.ingest.app import serve
from lethe.ingest.settings import IngestSettings
from lethe.runtime.service import run_service

if __name__ == "__main__":
    sys.exit(run_service("ingest", IngestSettings, serve))
