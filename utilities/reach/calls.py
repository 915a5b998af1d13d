"""One request and where it leads: what it is made of, and the redirects that it follows."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from appmixer.engine.contract import ActionContext, RejectedError
from appmixer.engine.contract.decompression import ACCEPT_ENCODING

from .api_keys import Key
from .json_values import is_list, is_object
from .request_input import MAX_URL_CHARS, RequestInput
from .urls import origin_of, parse

MAX_REDIRECTS = 5
MAX_BODY_BYTES = 1024 * 1024
# https://www.rfc-editor.org/rfc/rfc9110#name-idempotent-methods
REPEATABLE = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE")
# The moment in which nothing has left yet and everything may leave.
MOMENT = "http11.send_request_body.started"
# What the connection says of itself is not for a flow to say.
RESERVED = frozenset(
    [
        *("host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade"),
        *("te", "trailer", "expect", "accept-encoding", "proxy-authorization", "proxy-connection"),
    ]
)
# Other hosts get these and no other header: whatever else there is may be a secret.
HARMLESS = ("accept", "accept-language", "content-type", "user-agent")
REDIRECTS = (301, 302, 303, 307, 308)
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}")

BeforeActing = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Call:
    """A request as it is sent to one address; `key` goes with it as long as it is for that."""

    method: str
    url: httpx.URL
    headers: Mapping[str, str]
    content: bytes | None = None
    file_id: str | None = None
    file_bytes: int = 0
    key: Key | None = None

    @property
    def is_repeatable(self) -> bool:
        return self.method in REPEATABLE

    def request(
        self, context: ActionContext, timeout_s: float, before_acting: BeforeActing
    ) -> httpx.Request:
        async def trace(name: str, _: Mapping[str, Any]) -> None:
            if name == MOMENT:
                await before_acting()

        headers, url = dict(self.headers), self.url
        if self.key is not None:
            if self.key.header is not None:
                headers = _with(headers, *_checked(*self.key.header, "account"))
            if self.key.parameter is not None:
                url = _with_query(url, [self.key.parameter])
        if self.file_id is not None:
            headers = _with(headers, "Content-Length", str(self.file_bytes))
        return httpx.Request(
            self.method,
            url,
            headers=_with(headers, "Accept-Encoding", ACCEPT_ENCODING),
            content=_body(context.files.read(self.file_id)) if self.file_id else self.content,
            extensions={"timeout": httpx.Timeout(timeout_s).as_dict(), "trace": trace},
        )

    def redirected(self, response: httpx.Response) -> Call:
        """Return the request that a redirect asks for; raise RejectedError if it asks for none."""
        url = _location(self.url, response)
        call = replace(self, url=url)
        if response.status_code not in (307, 308) and self.method not in ("GET", "HEAD"):
            # https://www.rfc-editor.org/rfc/rfc9110#name-redirection-3xx : as browsers do
            headers = {k: v for k, v in self.headers.items() if k.lower() != "content-type"}
            call = replace(
                call, method="GET", headers=headers, content=None, file_id=None, file_bytes=0
            )
        if origin_of(url) != origin_of(self.url):
            kept = {k: v for k, v in call.headers.items() if k.lower() in HARMLESS}
            call = replace(call, headers=kept, key=None)
        return call


async def _body(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """Yield a file's content, the last of it when the file is closed already.

    The answer may come as soon as that has left, and nobody goes on with the others then.
    """
    before = b""
    async for chunk in chunks:
        if before:
            yield before
        before = chunk
    if before:
        yield before


async def prepare(context: ActionContext, input: RequestInput, key: Key | None) -> Call:
    """Return the request that an input asks for; raise RejectedError that names a field."""
    url = _with_query(_read_url(input.url), _pairs(input.query, "query"))
    if len(str(url)) > MAX_URL_CHARS:
        raise _no_url(f"With its query it has more than {MAX_URL_CHARS:,} characters.")
    if key is not None and not key.is_for(url):
        raise RejectedError(
            "The key is not for this host",
            f"Its account names {', '.join(key.origins) or 'no host'}, and not {origin_of(url)}.",
            "Correct the URL, or connect the key again and name the host with it.",
            "url",
        )
    call = await _with_body(context, input, Call(input.method, url, {}, key=key))
    headers = _with(dict(call.headers), "Accept", "*/*")
    headers = _with(headers, "User-Agent", "appmixer")
    for name, value in input.headers.items():
        headers = _with(headers, *_checked(name, _written(value), f"headers.{name[:80]}"))
    return replace(call, headers=headers)


@asynccontextmanager
async def answered(
    context: ActionContext, call: Call, timeout_s: float, before_acting: BeforeActing
) -> AsyncGenerator[tuple[httpx.Response, Call]]:
    """Open the answer that a call leads to, with the call that has led to it."""
    for _ in range(MAX_REDIRECTS + 1):
        request = call.request(context, timeout_s, before_acting)
        try:
            response = await context.http.send(request, stream=True, follow_redirects=False)
        except (httpx.RemoteProtocolError, UnicodeError) as error:
            # The client reads where a redirect leads, also where it is not to follow it.
            if isinstance(error, UnicodeError) or "location header" in str(error):
                raise _nowhere(call.url) from None
            raise
        try:
            if response.status_code not in REDIRECTS or "location" not in response.headers:
                yield response, call
                return
        finally:
            await response.aclose()
        call = call.redirected(response)
    raise _no_url("It redirects too often.")


def _read_url(text: str) -> httpx.URL:
    try:
        return parse(text)
    except ValueError as error:
        raise _no_url(str(error)) from None


def _no_url(cause: str) -> RejectedError:
    return RejectedError(
        "The URL cannot be called",
        cause,
        "Write it as https://host/path; a password goes into an account of the kind basic.",
        "url",
    )


def _location(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    try:
        return parse(str(url.join(response.headers["location"])))
    except (httpx.InvalidURL, ValueError):
        raise _nowhere(url) from None


def _nowhere(url: httpx.URL) -> RejectedError:
    return RejectedError(
        "The address leads nowhere",
        f"{origin_of(url)} answered with a redirect, and no address to go on to.",
        "Use the address that it should lead to.",
        "url",
    )


def _with_query(url: httpx.URL, pairs: Sequence[tuple[str, str]]) -> httpx.URL:
    """Add to the query, and leave what stands there as it is written: it may be signed."""
    if not pairs:
        return url
    added = urlencode(pairs, quote_via=quote).encode()
    return url.copy_with(query=b"&".join(filter(None, [url.query, added])))


def _with(headers: dict[str, str], name: str, value: str) -> dict[str, str]:
    """Set a header, in place of one whose name is written another way."""
    others = {key: each for key, each in headers.items() if key.lower() != name.lower()}
    return {**others, name: value}


def _checked(name: str, value: str, field: str) -> tuple[str, str]:
    """Return a header that can be sent; its value may be a secret, and is in no error."""
    cause = ""
    if not _NAME.fullmatch(name):
        cause = "A header's name has letters, digits and hyphens."
    elif name.lower() in RESERVED:
        cause = "This header is set by itself."
    elif not (value.isascii() and (value.isprintable() or not value.replace("\t", ""))):
        cause = "A header's value has printable characters of ASCII and no line breaks."
    if cause:
        raise RejectedError("The header cannot be sent", cause, "Correct it, or remove it.", field)
    return name, value.strip()


def _pairs(values: Mapping[str, Any], field: str) -> list[tuple[str, str]]:
    """Return names and values of a query or a form; a list gives its name several times."""
    found: list[tuple[str, str]] = []
    for name, value in values.items():
        for each in value if is_list(value) else [value]:
            if is_object(each) or is_list(each):
                raise RejectedError(
                    "The value cannot be sent",
                    "It is an object, and a query or a form has texts, numbers and lists of them.",
                    "Name one of its fields, or send JSON.",
                    f"{field}.{name[:80]}",
                )
            if each is not None:
                found.append((name, _written(each)))
    return found


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


async def _with_body(context: ActionContext, input: RequestInput, call: Call) -> Call:
    kind, body = input.body_type, input.body
    if kind != "none" and call.method in ("GET", "HEAD"):
        raise _no_body(
            f"{call.method} has none.", "Choose POST or another method, or no body.", "bodyType"
        )
    if kind == "file":
        if not input.file_id:
            raise _no_body("No file is named.", "Choose a file, or another kind of body.", "fileId")
        file = await context.files.describe(input.file_id)
        typed = {"Content-Type": file.media_type}
        return replace(call, headers=typed, file_id=file.id, file_bytes=file.size_bytes)
    if input.file_id:
        raise _no_body("A file is named as well.", "Send it as the body, or remove it.", "fileId")
    if kind == "none":
        if body is not None:
            raise _no_body("Nobody says how it is sent.", "Choose JSON, form or text.", "bodyType")
        return replace(call, content=b"" if call.method in ("POST", "PUT", "PATCH") else None)
    if body is None:
        raise _no_body("There is none.", "Give one, or choose to send none.", "body")
    content, media_type = _encoded(kind, body)
    if len(content) > MAX_BODY_BYTES:
        raise _no_body(f"It has more than {MAX_BODY_BYTES:,} bytes.", "Send it as a file.", "body")
    return replace(call, headers={"Content-Type": media_type}, content=content)


def _encoded(kind: str, body: Any) -> tuple[bytes, str]:
    if kind == "json":
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode(), "application/json"
    if kind == "form":
        if not is_object(body):
            raise _no_body("A form is an object.", "Give names and their values.", "body")
        return urlencode(_pairs(body, "body")).encode(), "application/x-www-form-urlencoded"
    if not isinstance(body, str):
        raise _no_body("It is no text.", "Give a text, or send it as JSON.", "body")
    return body.encode(), "text/plain; charset=utf-8"


def _no_body(cause: str, cure: str, field: str) -> RejectedError:
    return RejectedError("The body cannot be sent", cause, cure, field)
