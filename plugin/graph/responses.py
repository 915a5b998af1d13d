"""What came back from Graph, or did not: a JSON object, or the error the host acts on."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import httpx

from appmixer.engine.contract import (
    ConfigurationError,
    ConnectorError,
    OutcomeUnknownError,
    RejectedError,
    ThrottledError,
)
from appmixer.engine.contract.decompression import unpacked

from ..foreign_json.reading import read_foreign_json
from ..foreign_json.shapes import as_int, as_object, is_object
from .errors import error_from_graph
from .redaction import hide_tokens, redact
from .retry_after import announced_delay_s

T = TypeVar("T", covariant=True)

UNREACHABLE_DELAY_S = 10.0
TOO_MANY_DELAY_S = 60.0
MAX_ANSWER_BYTES = 20 * 1024 * 1024

# Raised before a byte of the request has left.
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
MISDIRECTED = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)
# Limits and maintenance: whatever the HTTP status, nothing was done.
# https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
NOT_DONE = (4, 80007, 130429, 131056, 131057)
CHECK_URL = "Ask the administrator to check `graphUrl` in the connector's configuration."


@dataclass(frozen=True)
class Answer:
    """A whole answer of Graph's."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Reader(Protocol[T]):
    """Turns an answer into what it means, or raises for what is no success."""

    def __call__(
        self, answer: Answer, *, repeats: bool, secrets: Iterable[str | None] = ()
    ) -> T: ...


async def whole(response: httpx.Response) -> bytes:
    """Return the content of an answer that is as long as Meta's are."""
    chunks: list[bytes] = []
    size_bytes = 0
    async for piece in unpacked(response):
        size_bytes += len(piece)
        if size_bytes > MAX_ANSWER_BYTES:
            raise httpx.ReadError("the answer is too long")
        chunks.append(piece)
    return b"".join(chunks)


def object_of(
    answer: Answer,
    *,
    repeats: bool,
    secrets: Iterable[str | None] = (),
    tolerates: Container[int] = (),
) -> dict[str, Any]:
    """Return the JSON object of a success; raise for everything else.

    `repeats` says that the call may be made twice: an answer that cannot be read then asks for
    another try instead of leaving the outcome open. An error whose code it `tolerates` counts as
    a success: what was done in part stands beside it.
    """
    body = _parsed(answer.content)
    code = as_int(as_object(as_object(body).get("error")).get("code"))
    if is_object(body) and code is not None and code in tolerates:
        return body
    _check(answer, body, repeats=repeats, secrets=secrets)
    if not is_object(body):
        raise _unreadable(repeats=repeats)
    return body


@dataclass(frozen=True)
class Reply:
    """What Meta answered to a call of any kind: JSON, a text, or None for what is neither."""

    status: int
    media_type: str
    body: Any


def reply_of(
    answer: Answer,
    *,
    repeats: bool,
    secrets: Iterable[str | None] = (),
    hidden: Iterable[str | None] = (),
) -> Reply:
    """Return what a success says, without the hidden and without tokens; raise for all else."""
    if 300 <= answer.status < 400:
        raise RejectedError(
            "Meta answers with another address",
            f"HTTP {answer.status} leads to where the token does not go.",
            "Add `redirect` with the value false to the query: Meta then says the address.",
            "path",
        )
    text = _shown(answer.content, hidden)
    body = None if text is None else _parsed(text.encode())
    _check(answer, body, repeats=repeats, secrets=secrets)
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_null = text is not None and text.strip() == "null"
    return Reply(answer.status, media_type, text if body is None and not is_null else body)


def _shown(content: bytes, hidden: Iterable[str | None]) -> str | None:
    try:
        return hide_tokens(content.decode("utf-8-sig"), hidden)
    except UnicodeDecodeError:
        return None


def _check(answer: Answer, body: object, *, repeats: bool, secrets: Iterable[str | None]) -> None:
    """Raise what an answer means that is no success."""
    if as_object(as_object(body).get("error")):
        refusal = error_from_graph(answer.status, as_object(body), answer.headers, secrets=secrets)
        raise refusal if repeats or answer.status < 500 else _after_a_fault(refusal)
    if not 200 <= answer.status < 300:
        raise _refusal_without_words(answer, repeats=repeats)
    if as_object(body).get("success") is False:
        raise RejectedError(
            "Meta did not do it",
            "It answered without success and gave no reason.",
            "Look in WhatsApp Manager at what this step is about, and try again later.",
        )


def _after_a_fault(refusal: ConnectorError) -> ConnectorError:
    """Return what a write's 5xx means: Meta may have done it before it went wrong."""
    if not isinstance(refusal, ThrottledError) or refusal.code in NOT_DONE:
        return refusal
    return OutcomeUnknownError(
        refusal.title,
        refusal.cause,
        "Look in WhatsApp whether it happened before running it again: a repeat could do it twice.",
        refusal.field,
        refusal.code,
        refusal.subcode,
        refusal.trace,
    )


def error_for(
    failure: Exception, *, repeats: bool, secrets: Iterable[str | None]
) -> ConnectorError:
    """Name what a failed exchange means; `failure` is one of httpx's."""
    kind = type(failure).__name__
    if isinstance(failure, MISDIRECTED):
        return ConfigurationError(
            "Meta's address is wrong", redact(f"{kind}: {failure}", secrets), CHECK_URL
        )
    if isinstance(failure, NOT_SENT):
        return ThrottledError(
            "Meta cannot be reached",
            f"No connection was made ({kind}).",
            "It is tried again by itself. If it stays, check network, proxy and `graphUrl`.",
            retry_after_s=UNREACHABLE_DELAY_S,
        )
    return _lost(f"The connection ended before the answer was complete ({kind}).", repeats=repeats)


def no_file(status: int, headers: Mapping[str, str]) -> ConnectorError:
    """Name what it means that the address of a file gave none; Meta's have no words."""
    if status == 429 or status >= 500:
        return _refusal_without_words(Answer(status, headers, b""), repeats=True)
    return RejectedError(
        "The file is gone",
        f"Meta answered {status} for the file's address.",
        "Addresses last five minutes: ask for the media id again.",
    )


def _parsed(content: bytes) -> object:
    try:
        parsed: object = read_foreign_json(content.decode("utf-8-sig"))
    except ValueError:
        return None
    return parsed


def _refusal_without_words(answer: Answer, *, repeats: bool) -> ConnectorError:
    cause = f"HTTP {answer.status} came without Meta's error object."
    if answer.status == 429:
        delay_s = announced_delay_s(answer.headers) or TOO_MANY_DELAY_S
        cure = "It is tried again by itself."
        return ThrottledError("Too many calls", cause, cure, retry_after_s=delay_s)
    if answer.status >= 500:
        return _lost(cause, repeats=repeats, delay_s=announced_delay_s(answer.headers))
    if answer.status >= 400:
        cure = f"Something between us and Meta may have answered. {CHECK_URL}"
        return RejectedError("Meta refused the call", cause, cure)
    return ConfigurationError("This is not Meta's Graph API", cause, CHECK_URL)


def _unreadable(*, repeats: bool) -> ConnectorError:
    return _lost("Meta answered with something that is no JSON object.", repeats=repeats)


def _lost(cause: str, *, repeats: bool, delay_s: float | None = None) -> ConnectorError:
    if repeats:
        cure = "It is tried again by itself."
        delay_s = delay_s or UNREACHABLE_DELAY_S
        return ThrottledError("No usable answer from Meta", cause, cure, retry_after_s=delay_s)
    return OutcomeUnknownError(
        "Meta may or may not have done it",
        cause,
        "Look in WhatsApp whether it happened before running it again: a repeat could do it twice.",
    )
