"""How one engine process is set up: from the command line and the environment."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8321
DEFAULT_URL = f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"
DATA_VARIABLE = "APPMIXER_DATA"
URL_VARIABLE = "APPMIXER_URL"
# By the fields of TemporalSettings; the address says that Temporal is used.
TEMPORAL_VARIABLES = {
    "address": "APPMIXER_TEMPORAL_ADDRESS",
    "namespace": "APPMIXER_TEMPORAL_NAMESPACE",
    "api_key": "APPMIXER_TEMPORAL_API_KEY",
    "tls_ca": "APPMIXER_TEMPORAL_TLS_CA",
    "tls_cert": "APPMIXER_TEMPORAL_TLS_CERT",
    "tls_key": "APPMIXER_TEMPORAL_TLS_KEY",
    "ui": "APPMIXER_TEMPORAL_UI",
}
DEFAULT_NAMESPACE = "default"
# Listening at all addresses of the machine, an engine is reached at this one from the machine.
ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}

# Where `make designer` puts the page, and where it is in an installed package.
BUILT_PAGE = Path(__file__).with_name("web") / "designer"


@dataclass(frozen=True)
class Simulator:
    """The page of a simulated service that is served beside the engine."""

    url: str
    label: str


@dataclass(frozen=True)
class TemporalSettings:
    """Where a Temporal service is, and how it is entered; the files are PEM.

    The connection is encrypted when there is a key or a file.
    """

    address: str
    namespace: str = DEFAULT_NAMESPACE
    api_key: str = field(default="", repr=False)
    tls_ca: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    ui: str = ""
    """The address of its own page, if people are to be led there."""

    @property
    def is_encrypted(self) -> bool:
        return bool(self.api_key or self.tls_ca or self.tls_cert)


@dataclass(frozen=True)
class Settings:
    """One process's settings; `environment` is where overriding configuration values come from."""

    data: Path
    environment: Mapping[str, str] = field(repr=False)
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    database_url: str | None = None
    public_url: str = ""
    temporal: TemporalSettings | None = None
    simulator: Simulator | None = None
    built_page: Path = BUILT_PAGE

    @property
    def base_url(self) -> str:
        """The address under which people and services reach this engine, without a last slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url.rstrip("/") or f"http://{host}:{self.port}"

    @property
    def shell_variables(self) -> str:
        """What a person types once in a shell, so that its commands find this engine."""
        url = f"http://{ANY_HOST.get(self.host, self.host)}:{self.port}"
        names = f"export {DATA_VARIABLE}={shlex.quote(str(self.data.resolve()))}"
        return names if url == DEFAULT_URL else f"{names} {URL_VARIABLE}={url}"


def read_settings(
    *,
    data: Path | None = None,
    database_url: str | None = None,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    temporal: str | None = None,
    temporal_namespace: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Combine arguments with the environment; an argument that is given wins."""
    environment = os.environ if environment is None else environment
    return Settings(
        data=data or Path(environment.get(DATA_VARIABLE) or ".data"),
        environment=environment,
        host=host,
        port=port,
        database_url=database_url or environment.get("APPMIXER_DATABASE_URL") or None,
        public_url=environment.get("APPMIXER_PUBLIC_URL", "").strip(),
        temporal=_read_temporal(environment, temporal, temporal_namespace),
    )


def _read_temporal(
    environment: Mapping[str, str], address: str | None, namespace: str | None
) -> TemporalSettings | None:
    given = {
        name: environment.get(variable, "").strip() for name, variable in TEMPORAL_VARIABLES.items()
    }
    address = address or given["address"]
    if not address:
        return None
    ca, certificate, key = (
        Path(given[name]) if given[name] else None for name in ("tls_ca", "tls_cert", "tls_key")
    )
    return TemporalSettings(
        address,
        namespace or given["namespace"] or DEFAULT_NAMESPACE,
        given["api_key"],
        tls_ca=ca,
        tls_cert=certificate,
        tls_key=key,
        ui=given["ui"],
    )
