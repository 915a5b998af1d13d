"""`python -m appmixer.engine.api.document FILE`: writes what the API is, as its clients read it.

The engine of which it is written never runs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from ..host.engine import Engine
from ..settings import Settings
from .application import create_rest


def write_document(file: Path) -> None:
    """Write the OpenAPI document; a file that says the same already is left as it is."""
    with TemporaryDirectory() as folder:
        engine = Engine(Settings(data=Path(folder), environment={}))
        try:
            content = json.dumps(create_rest(engine).openapi(), indent=1, ensure_ascii=False)
        finally:
            engine.database.dispose()
    if not file.exists() or file.read_text("utf-8") != content:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, "utf-8")


if __name__ == "__main__":
    write_document(Path(sys.argv[1]))
