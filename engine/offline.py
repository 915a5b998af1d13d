"""What can be done to a data folder while no engine runs on it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .configuration import Configuration
from .database import migrate
from .engine import Engine
from .readers import Readers
from .seal import KEY_VARIABLE, load_seal
from .settings import read_settings
from .starting import check, explaining
from .writer import Writer


async def set_offline(data: Path, service: str, key: str, value: str) -> Mapping[str, Any]:
    """Store a configuration value; raise StartError, or what Configuration.set raises."""
    settings = read_settings(data=data)
    check(settings)
    with explaining(settings):
        engine = Engine(settings)
        try:
            await asyncio.to_thread(migrate, engine.database)
            given = settings.environment.get(KEY_VARIABLE)
            engine.seal = await asyncio.to_thread(load_seal, data, given, engine.database)
            engine.readers, engine.writer = Readers(engine.database), Writer(engine.database)
            try:
                return await Configuration(engine).set(service, key, value)
            finally:
                await engine.readers.close()
                await asyncio.to_thread(engine.writer.close)
        finally:
            engine.database.dispose()
