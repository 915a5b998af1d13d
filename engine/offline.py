"""What can be done to a data folder while no engine runs on it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .configuration import Configuration
from .database import migrate
from .engine import Engine
from .settings import read_settings
from .writer import Writer


async def set_offline(data: Path, service: str, key: str, value: str) -> Mapping[str, Any]:
    """Store a configuration value; raise what Configuration.set raises."""
    engine = Engine(read_settings(data=data))
    try:
        await asyncio.to_thread(migrate, engine.database)
        engine.writer = Writer(engine.database)
        try:
            return await Configuration(engine).set(service, key, value)
        finally:
            await asyncio.to_thread(engine.writer.close)
    finally:
        engine.database.dispose()
