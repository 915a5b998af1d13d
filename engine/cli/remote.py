"""A running engine, as the command line reaches it over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from ..accounts.api_token import TOKEN_VARIABLE, read_token
from ..settings import DATA_VARIABLE, DEFAULT_URL, URL_VARIABLE

TIMEOUT_S = 60.0


class RemoteError(Exception):
    """The engine cannot be reached, or refused; the text says why and what to do."""


class UnreachableError(RemoteError):
    """Nobody answers at the engine's address."""


class Remote:
    """Calls of one engine's API with one token."""

    def __init__(
        self,
        url: str,
        token: str,
        transport: httpx.BaseTransport | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout_s,
            transport=transport,
        )

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def call(self, method: str, path: str, content: Any = None) -> Any:
        """Return the answer's JSON; raise RemoteError with the engine's own words."""
        try:
            answer = self._http.request(method, path, json=content)
        except httpx.TransportError as error:
            raise UnreachableError(
                f"No engine answers at {self.url} ({type(error).__name__})."
                f" Start one with `appmixer up`, or say where it is with --url or {URL_VARIABLE}."
            ) from None
        except ValueError:
            raise RemoteError(
                "What was given is no text in UTF-8, and cannot be sent. Give it in another way."
            ) from None
        if answer.is_success:
            return self._content(answer)
        raise RemoteError(_words(answer))

    def _content(self, answer: httpx.Response) -> Any:
        try:
            return answer.json() if answer.content else None
        except ValueError:
            raise RemoteError(
                f"What answers at {self.url} is no engine. Say where the engine is with --url or"
                f" {URL_VARIABLE}."
            ) from None


def open_remote(
    url: str | None,
    data: Path | None,
    environment: Mapping[str, str],
    timeout_s: float = TIMEOUT_S,
) -> Remote:
    """Return the engine that arguments, environment or defaults name."""
    folder = data or Path(environment.get(DATA_VARIABLE) or ".data")
    try:
        token = read_token(folder, environment)
    except OSError as error:
        raise RemoteError(
            f"The API token in {folder} cannot be read: {error.strerror}. Run the command as the"
            f" user who runs the engine, or set {TOKEN_VARIABLE}."
        ) from None
    if not token:
        raise RemoteError(
            f"There is no API token: neither {TOKEN_VARIABLE} nor the file api-token in {folder}."
            " Set the variable, or name the engine's data folder with --data."
        )
    if not token.isascii() or not token.isprintable() or " " in token:
        raise RemoteError(
            f"{TOKEN_VARIABLE} holds no API token of an engine: those are letters, digits and signs"
            " of ASCII, without spaces."
        )
    address = url or environment.get(URL_VARIABLE) or DEFAULT_URL
    try:
        return Remote(address, token, timeout_s=timeout_s)
    except httpx.InvalidURL as error:
        raise RemoteError(f"{address!r} is no address: {error}.") from None


def _words(answer: httpx.Response) -> str:
    try:
        content = answer.json()
        error: Mapping[str, Any] = content["error"]
    except (ValueError, KeyError, TypeError):
        return f"The engine answered {answer.status_code}, and nothing that can be read."
    faults = content.get("errors", [])
    # The cause is the first of the faults, which are listed with their places.
    cause = "" if faults else error["cause"]
    lines = [" ".join(filter(None, [_ended(error["title"]), cause, error["cure"]]))]
    return "\n".join([*lines, *(f"  {fault['path']}: {fault['text']}" for fault in faults)])


def _ended(title: str) -> str:
    return title if title.endswith((".", "!", "?")) else f"{title}."
