"""The log of Graph calls: what was asked and answered, without tokens, secrets and PINs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response
from starlette.types import Message, Receive

from ..shapes import is_array, is_object
from ..world.settings import Settings

MAX_LOGGED_CALLS = 1000
# More of one body than this is told by its size alone.
MAX_BODY_BYTES = 256 * 1024
HIDDEN = "***"
SECRET_NAMES = frozenset(
    {
        "access_token",
        "appsecret_proof",
        "client_secret",
        "code",
        "fb_exchange_token",
        "input_token",
        "pin",
        "verify_token",
    }
)
# A code is also a language or an error; only as a parameter of login and confirmation it is secret.
CODE_PATHS = ("oauth/access_token", "verify_code")
# Without a type Graph reads JSON.
TEXT_TYPES = ("application/json", "application/x-www-form-urlencoded", "text/")
TOKEN = re.compile(r"\bEAA\w+|\b\d{6,}\|[\w-]{8,}")


@dataclass(slots=True)
class Body:
    """What went over the wire in one direction: a text that is not too long, else its size."""

    type: str = ""
    size: int = 0
    parts: list[bytes] = field(default_factory=list[bytes], repr=False)

    def add(self, part: bytes) -> None:
        self.size += len(part)
        if self.size > MAX_BODY_BYTES:
            self.parts.clear()
        elif self.type.startswith(TEXT_TYPES):
            self.parts.append(part)

    @property
    def kept(self) -> int:
        return sum(map(len, self.parts))

    def text(self) -> str | None:
        """None for what is no text, or was too long to keep."""
        if not self.parts:
            return None
        return b"".join(self.parts).decode("utf-8", "replace")


@dataclass(slots=True)
class GraphCall:
    """One call and its answer; a connection that broke off has status 0 and what was lost."""

    at: float
    method: str
    path: str
    status: int
    error_code: int | None
    fault: str | None
    duration_ms: float = 0.0
    query: str = field(default="", repr=False)
    request: Body = field(default_factory=Body)
    response: Body = field(default_factory=Body)
    id: str = ""

    @property
    def kept(self) -> int:
        return len(self.query) + self.request.kept + self.response.kept


class CallLog:
    """The latest calls, bounded in number and by the bytes of their bodies."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._entries: dict[str, GraphCall] = {}
        self._bytes = 0
        self._count = 0

    def add(self, call: GraphCall) -> None:
        self._count += 1
        call.id = str(self._count)
        self._entries[call.id] = call
        self._bytes += call.kept
        limit = self._settings().log_bytes
        while self._entries and (self._bytes > limit or len(self._entries) > MAX_LOGGED_CALLS):
            self._bytes -= self._entries.pop(next(iter(self._entries))).kept

    def get(self, call_id: str) -> GraphCall | None:
        return self._entries.get(call_id)

    def latest(self) -> list[GraphCall]:
        """Newest first."""
        return list(self._entries.values())[::-1]


def recorded(receive: Receive, body: Body) -> Receive:
    """The same stream, written down on its way."""

    async def recording() -> Message:
        message = await receive()
        part = message.get("body")
        if part:
            body.add(part)
        return message

    return recording


def body_of(answer: Response) -> Body:
    """The body of an answer; one that is streamed is only told by its length."""
    body = Body(answer.headers.get("content-type", ""))
    content = getattr(answer, "body", None)
    if isinstance(content, bytes):
        body.add(content)
    else:
        length = answer.headers.get("content-length", "0")
        body.size = int(length) if length.isdecimal() else 0
    return body


def redacted(text: str, path: str) -> str:
    """A body without what must not be read again; untouched where there is nothing to hide."""
    names = _secret_names(path)
    try:
        parsed: object = json.loads(text)
        hidden = _hide(parsed, names)
    except (ValueError, RecursionError):
        return _redacted_anyhow(text, names)
    return text if hidden == parsed else json.dumps(hidden)


def redacted_form(text: str, path: str) -> str:
    """The same for a query or a form."""
    names = _secret_names(path)
    pairs = parse_qsl(text, keep_blank_values=True)
    hidden = [
        (name, HIDDEN if name in names else TOKEN.sub(HIDDEN, value)) for name, value in pairs
    ]
    return text if hidden == pairs else urlencode(hidden, safe=HIDDEN)


def _secret_names(path: str) -> frozenset[str]:
    return SECRET_NAMES if path.endswith(CODE_PATHS) else SECRET_NAMES - {"code"}


def _redacted_anyhow(text: str, names: frozenset[str]) -> str:
    """What is neither form nor JSON may still be half of one."""
    members = re.compile(rf'("(?:{"|".join(sorted(names))})"\s*:\s*)("[^"]*"?|\d+)')
    return TOKEN.sub(HIDDEN, members.sub(rf'\1"{HIDDEN}"', text))


def _hide(value: object, names: frozenset[str]) -> object:
    if is_object(value):
        return {
            name: HIDDEN if name in names and not is_object(item) else _hide(item, names)
            for name, item in value.items()
        }
    if is_array(value):
        return [_hide(item, names) for item in value]
    return TOKEN.sub(HIDDEN, value) if isinstance(value, str) else value
