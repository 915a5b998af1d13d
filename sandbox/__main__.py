"""`python -m appmixer.sandbox`: the sandbox alone, until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import sys

from .server import DEFAULT_PORT, serve


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m appmixer.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    options = parser.parse_args()
    try:
        asyncio.run(serve(options.host, options.port, on_started=_say))
    except KeyboardInterrupt:
        return 0
    except OSError as failed:
        sys.stderr.write(f"The sandbox cannot listen on {options.host}:{options.port}: {failed}\n")
        return 1
    return 0


def _say(address: str) -> None:
    sys.stdout.write(f"Sandbox at {address}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
