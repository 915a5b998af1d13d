"""How one engine process is set up: from the command line and the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8321


@dataclass(frozen=True)
class Settings:
    """One process's settings; `environment` is where overriding configuration values come from."""

    data: Path
    environment: Mapping[str, str]
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    database_url: str | None = None
    public_url: str = ""

    @property
    def base_url(self) -> str:
        """The address under which people and services reach this engine, without a last slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"


def read_settings(
    *,
    data: Path | None = None,
    database_url: str | None = None,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Combine arguments with the environment; an argument that is given wins."""
    environment = os.environ if environment is None else environment
    return Settings(
        data=data or Path(environment.get("APPMIXER_DATA") or ".data"),
        environment=environment,
        host=host,
        port=port,
        database_url=database_url or environment.get("APPMIXER_DATABASE_URL") or None,
        public_url=environment.get("APPMIXER_PUBLIC_URL", "").strip(),
    )
