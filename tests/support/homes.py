"""A `.lethe` folder for tests that run the real command."""

import shutil
import time
from pathlib import Path

from tests.support.packs import default_pack

from lethe.cli.home import Home
from lethe.shredding.roster import create_local_trust


def make_home(folder: Path) -> Home:
    """Set up keys, a roster and the model pack in a folder."""
    home = Home(folder)
    create_local_trust(home.trust, wall_us=time.time_ns() // 1000)
    shutil.copytree(default_pack().folder, home.model_pack)
    return home
