"""`python -m appmixer.sandbox`: the same as `appmixer sandbox`."""

from __future__ import annotations

import sys

from .cli.commands import run_command

if __name__ == "__main__":
    run_command(sys.argv[1:])
