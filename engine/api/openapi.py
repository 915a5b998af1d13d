"""The description of the API without an engine: `python -m appmixer.engine.api.openapi > FILE`."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from ..host.engine import Engine
from ..settings import Settings
from .application import create_rest


def openapi_text() -> str:
    """Return the OpenAPI document, the same for the same release, whatever is installed."""
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(Settings(data=Path(folder), environment={}), {})
        document = create_rest(engine).openapi()
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(openapi_text())
