"""What is wrong with the settings of a Temporal service, before anything is connected."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import StartError
from ..settings import TEMPORAL_VARIABLES, Settings, TemporalSettings

ADDRESS, CA, CERTIFICATE, KEY, UI = (
    TEMPORAL_VARIABLES[name] for name in ("address", "tls_ca", "tls_cert", "tls_key", "ui")
)


def check_temporal(settings: Settings) -> None:
    """Raise StartError for settings that cannot be meant, ModuleNotFoundError without the extra."""
    if settings.temporal is None:
        _check_nothing_else_is_set(settings.environment)
        return
    import_module("temporalio")
    _check_address(settings.temporal.address)
    if not (settings.database_url or "").startswith("postgres"):
        raise StartError(
            "Temporal needs a PostgreSQL database, which all processes share; one in SQLite is one"
            " process's alone. Name it with --database-url (APPMIXER_DATABASE_URL), or start"
            f" without --temporal ({ADDRESS})."
        )
    _check_files(settings.temporal)
    _check_ui(settings.temporal.ui)


def _check_nothing_else_is_set(environment: Mapping[str, str]) -> None:
    for name in TEMPORAL_VARIABLES.values():
        if environment.get(name, "").strip():
            raise StartError(
                f"{name} is set, but nothing says which Temporal service it is for. Name that with"
                f" --temporal HOST:PORT ({ADDRESS}), or remove {name}."
            )


def _check_address(address: str) -> None:
    try:
        parts = urlsplit(f"//{address}")
        is_whole = bool(parts.hostname and parts.port) and parts.netloc == address
    except ValueError:
        is_whole = False
    if not is_whole or not address.isprintable() or set(address) & set("@ "):
        # It is not shown: a key may have come into its place.
        raise StartError(
            f"The address of Temporal (--temporal, {ADDRESS}) has to be HOST:PORT, such as"
            " temporal.example.com:7233, with nothing before it and nothing behind."
        )


def _check_ui(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_bare = parts.scheme in ("http", "https") and not (parts.query or parts.fragment)
        is_address = is_bare and bool(parts.hostname) and url.isprintable()
    except ValueError:
        is_address = False
    if url and not is_address:
        raise StartError(
            f"{UI} is no address that a browser could open. It begins with https:// (or http://)"
            " and ends before /namespaces, such as https://temporal.example.com."
        )


def _check_files(temporal: TemporalSettings) -> None:
    ca, certificate, key = temporal.tls_ca, temporal.tls_cert, temporal.tls_key
    for name, path in ((CA, ca), (CERTIFICATE, certificate), (KEY, key)):
        _check_readable(name, path)
    if (certificate is None) != (key is None):
        given, missing = (KEY, CERTIFICATE) if certificate is None else (CERTIFICATE, KEY)
        raise StartError(
            f"{given} is set without {missing}: a client's certificate and its key belong"
            f" together. Set {missing} as well, or remove {given}."
        )
    context = ssl.create_default_context()
    try:
        if ca:
            context.load_verify_locations(ca)
    except ssl.SSLError:
        raise StartError(
            f"{ca} ({CA}) holds no certificates. It has to be a PEM file with those of the"
            " authority that has signed the certificate of Temporal's server."
        ) from None
    try:
        if certificate:
            # A key that wants a password would ask for it on the terminal.
            context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError:
        raise StartError(
            f"{certificate} and {key} ({CERTIFICATE}, {KEY}) are no certificate and its key. They"
            " have to be PEM files of one pair, the key without a password."
        ) from None


def _check_readable(name: str, path: Path | None) -> None:
    if path is None:
        return
    try:
        path.read_bytes()
    except OSError as error:
        raise StartError(
            f"{path} ({name}) cannot be read: {error.strerror}. Name a PEM file that the user who"
            " starts the engine may read."
        ) from None
