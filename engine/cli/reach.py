"""How the commands reach a running engine, and what they let be named by less than its id."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from .output import SHORT_ID_CHARS, fail

if TYPE_CHECKING:
    from .remote import Remote

Data = Annotated[
    Path | None, typer.Option(help="The engine's data folder.", envvar="APPMIXER_DATA")
]
Url = Annotated[str | None, typer.Option(help="Where the engine answers.", envvar="APPMIXER_URL")]
RUN_ID = re.compile(r"[0-9a-f]{32}")
MAX_LISTED = 1000


def remote(url: str | None, data: Path | None) -> Remote:
    from .remote import RemoteError, open_remote

    try:
        return open_remote(url, data, os.environ)
    except RemoteError as error:
        fail(str(error))


def call(url: str | None, data: Path | None, method: str, path: str, content: Any = None) -> Any:
    """Return what the engine answers; end with its own words when it refuses."""
    from .remote import RemoteError

    try:
        return remote(url, data).call(method, path, content)
    except RemoteError as error:
        fail(str(error))


def segment(name: str) -> str:
    """Return a name as one part of a path."""
    return quote(name, safe="")


def full_run_id(url: str | None, data: Path | None, given: str) -> str:
    """Return the id of the one run, among the newest, that begins so."""
    if RUN_ID.fullmatch(given):
        return given
    runs = call(url, data, "GET", f"/api/runs?limit={MAX_LISTED}")["runs"]
    found = [each["id"] for each in runs if given and each["id"].startswith(given)]
    if len(found) > 1:
        some = ", ".join(each[: max(SHORT_ID_CHARS, len(given)) + 4] for each in found[:5])
        fail(f"{len(found)} runs begin with {given!r}: {some} … Give more of the id.")
    if not found:
        fail(
            f"There is no run {given!r} among the newest {MAX_LISTED:,}."
            " `appmixer flow runs ID` lists those of a flow."
        )
    return str(found[0])
