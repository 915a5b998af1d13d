"""The addresses of triggers: how they are written down, and what may be answered to a request."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from ..contract import Hook, RejectedError, Response

PREFIX = "/hooks/"
MAX_ANSWER_BYTES = 1024 * 1024
MAX_ANSWER_HEADERS_CHARS = 16 * 1024
# A client, and every proxy on the way, has to hold the connection for so long.
MAX_ANSWER_WITHIN_S = 600.0
MAX_NAME_CHARS = 100
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t -~\x80-\xff]*")
# What belongs to the connection, or would speak for everything else that the engine serves.
_KEPT_BACK = {
    *("connection", "content-length", "keep-alive", "te", "trailer", "transfer-encoding"),
    *("upgrade", "set-cookie", "content-type", "content-security-policy", "clear-site-data"),
    *("service-worker-allowed", "strict-transport-security", "www-authenticate"),
    *("alt-svc", "public-key-pins", "reporting-endpoints", "report-to", "nel"),
}


def hook_address(base_url: str, secret: str) -> str:
    return f"{base_url.rstrip('/')}{PREFIX}{secret}"


def rule_of_hook(hook: Hook) -> dict[str, Any]:
    """Return how it is written down; raise RejectedError for one that cannot be."""
    within_s = hook.answer_within_s
    if within_s is not None and not 0 < within_s <= MAX_ANSWER_WITHIN_S:
        raise RejectedError(
            "The time to answer cannot be used",
            f"It is {within_s:g} seconds.",
            f"Give up to {MAX_ANSWER_WITHIN_S:g} seconds.",
            "answerWithinS",
        )
    for method in hook.methods:
        if not _TOKEN.fullmatch(method):
            raise RejectedError(
                "There is no such method", f"It is {method[:20]!r}.", "Give GET or POST.", "methods"
            )
    if len(hook.name) > MAX_NAME_CHARS:
        raise RejectedError("The name is too long", f"It has {len(hook.name)} characters.")
    return {
        "methods": sorted({each.upper() for each in hook.methods}),
        "answerWithinS": within_s,
        "answer": written_down(hook.answer),
    }


def written_down(response: Response) -> dict[str, Any]:
    """Return an answer as JSON; raise RejectedError for one that cannot be given.

    Whatever a flow answers is shown by a browser as if it came from the engine itself, so headers
    that would speak for the engine are refused.
    """
    if not 200 <= response.status <= 599:
        raise RejectedError(
            "There is no such status",
            f"It is {response.status}, and has to be from 200 to 599.",
            "Give 200, or another one that tells the sender what to do.",
            "status",
        )
    if len(response.body) > MAX_ANSWER_BYTES:
        raise RejectedError(
            "The answer is too long",
            f"It has {len(response.body):,} bytes, and may have {MAX_ANSWER_BYTES:,}.",
            "Answer with less, or with the address of a file.",
            "body",
        )
    _check_header("content-type", response.content_type, "contentType")
    for name, value in response.headers.items():
        if name.lower() in _KEPT_BACK or name.lower().startswith("proxy-"):
            raise RejectedError(
                f"The header {name} cannot be set",
                "It belongs to the connection, or to the engine.",
                "Leave it out.",
                "headers",
            )
        _check_header(name, value, "headers")
    if sum(map(len, [*response.headers, *response.headers.values()])) > MAX_ANSWER_HEADERS_CHARS:
        raise RejectedError(
            "The headers are too long",
            f"Together they may have {MAX_ANSWER_HEADERS_CHARS:,} characters.",
            "Put what is long into the body.",
            "headers",
        )
    return {
        "status": response.status,
        "contentType": response.content_type,
        "headers": dict(response.headers),
        "body": base64.b64encode(response.body).decode(),
    }


def read_answer(written: Mapping[str, Any]) -> Response:
    body = base64.b64decode(written["body"])
    return Response(written["status"], body, written["contentType"], written["headers"])


def _check_header(name: str, value: str, field: str) -> None:
    if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
        raise RejectedError(
            "A header cannot be sent",
            f"{name[:50]!r} or its value holds a character that no header may have.",
            "Use letters, digits and signs of ASCII, without line breaks.",
            field,
        )
