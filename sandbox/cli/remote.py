"""A sandbox that runs somewhere else, as the command line speaks with it: over HTTP alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from types import TracebackType
from typing import Any

import httpx

from ..protocol.shapes import Json, objects

TIMEOUT_S = 30.0


class RemoteError(Exception):
    """The sandbox could not be asked, or refused: a sentence for the terminal."""


class Remote:
    """The controls of a running sandbox."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(trust_env=False, timeout=TIMEOUT_S)

    def __enter__(self) -> Remote:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def get(self, path: str, **query: str | int) -> Json:
        return self._ask("GET", path, params=query)

    def post(self, path: str, content: Json | None = None) -> Json:
        return self._ask("POST", path, json=content)

    def delete(self, path: str) -> Json:
        return self._ask("DELETE", path)

    def events(self) -> Iterator[tuple[str, Json]]:
        """What happens, for as long as the sandbox runs; the first event comes at once.

        Raises RemoteError when it has ended.
        """
        kind = ""
        try:
            with self._http.stream("GET", f"{self.url}/_sandbox/stream", timeout=None) as answer:
                if answer.status_code != HTTPStatus.OK:
                    raise self._stranger()
                for line in answer.iter_lines():
                    name, _, value = line.partition(": ")
                    if name == "event":
                        kind = value
                    elif name == "data":
                        yield kind, json.loads(value)
            raise RemoteError(f"The sandbox at {self.url} has ended.")
        except (httpx.TransportError, httpx.InvalidURL) as failed:
            raise self._unreachable(failed) from None

    def _ask(self, method: str, path: str, **what: Any) -> Json:
        try:
            answer = self._http.request(method, f"{self.url}/_sandbox/{path}", **what)
        except (httpx.TransportError, httpx.InvalidURL) as failed:
            raise self._unreachable(failed) from None
        try:
            content: Json = answer.json()
        except ValueError:
            raise RemoteError(
                f"{self.url} answers, but it is no sandbox of this version."
            ) from None
        if answer.status_code == HTTPStatus.BAD_REQUEST and "reason" in content:
            return content
        if answer.is_error:
            raise RemoteError(_refusal(content.get("detail"), answer.status_code))
        return content

    def _stranger(self) -> RemoteError:
        return RemoteError(f"{self.url} answers, but it is no sandbox of this version.")

    def _unreachable(self, failed: Exception) -> RemoteError:
        if isinstance(failed, httpx.ConnectError | httpx.InvalidURL | httpx.UnsupportedProtocol):
            return RemoteError(
                f"No sandbox answers at {self.url}. Start one with: appmixer sandbox"
            )
        return RemoteError(f"The sandbox at {self.url} broke off ({type(failed).__name__}).")


def _refusal(detail: Any, status: int) -> str:
    """What the sandbox said: its sentence, or the places of a body that are wrong."""
    if isinstance(detail, str):
        return detail
    faults = objects(detail)
    if not faults:
        return f"The sandbox refused this with HTTP {status}: {json.dumps(detail)}"
    return "\n".join(_fault(fault) for fault in faults)


def _fault(fault: Json) -> str:
    if "cause" in fault:
        return f"{fault.get('path')}: {fault['cause']} {fault.get('cure', '')}".rstrip()
    return f"{'.'.join(str(part) for part in fault.get('loc', []))}: {fault.get('msg')}"
