"""What can be done to a data folder while no engine runs on it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ..accounts.configuration import Configuration
from ..accounts.owners import FIRST_COMMIT_S
from ..host.engine import Engine
from ..host.starting import check, explaining
from ..settings import read_settings
from ..storage.database import is_current, migrate
from ..storage.patience import in_time
from ..storage.readers import FIRST_ANSWER_S, Readers
from ..storage.seal import KEY_VARIABLE, load_seal
from ..storage.storage import Storage
from ..storage.writer import Writer


async def set_offline(data: Path, service: str, key: str, value: str) -> Mapping[str, Any]:
    """Store a configuration value; raise StartError, or what Configuration.set raises."""
    settings = read_settings(data=data)
    check(settings)
    with explaining(settings):
        engine = Engine(settings)
        try:
            readers, writer = Readers(engine.database), Writer(engine.database)
            try:
                if not await readers.read(is_current, within_s=FIRST_ANSWER_S):
                    await asyncio.to_thread(migrate, engine.database)
                given = settings.environment.get(KEY_VARIABLE)
                seal = await readers.read(partial(load_seal, data, given))
                configuration = Configuration(
                    Storage(readers, writer, seal, engine.clock),
                    {name: each.manifest for name, each in engine.connectors.items()},
                    settings.environment,
                    engine.log,
                )
                return await in_time(configuration.set(service, key, value), FIRST_COMMIT_S)
            finally:
                await readers.close()
                await asyncio.to_thread(writer.close)
        finally:
            engine.database.dispose()
