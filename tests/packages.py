"""What tests use of npm: installed below tests/npm, once a checkout."""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path

NPM = Path(__file__).parent / "npm"


def npm_packages() -> Path:
    """Return the folder of the packages, which are exactly those of the lock file."""
    lock = NPM / "package-lock.json"
    installed = NPM / "node_modules" / ".package-lock.json"
    with lock.open() as held:
        # Several processes may want them at once.
        fcntl.flock(held, fcntl.LOCK_EX)
        if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
            subprocess.run(["npm", "ci"], cwd=NPM, check=True, capture_output=True)
    return installed.parent
