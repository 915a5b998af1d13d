"""Calls that a flow puts together itself: read, and kept to Meta's Graph."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias
from urllib.parse import parse_qsl

from appmixer.engine.contract import RejectedError

from .redaction import is_secret

Method: TypeAlias = Literal["GET", "POST", "DELETE"]
MAX_PATH_CHARS = 2_000
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|\\")
_VERSION = re.compile(r"(v[0-9]{1,3}\.[0-9]{1,2})/", re.ASCII)
# No part begins with a dot, and nothing is escaped: there is no way out of it.
_PATH = re.compile(r"[A-Za-z0-9_][\w.=-]*(/[A-Za-z0-9_][\w.=-]*)*", re.ASCII)


@dataclass(frozen=True)
class AnyCall:
    """`path` has neither host nor version; an empty `version` is the configured one."""

    method: Method
    path: str
    version: str
    params: Mapping[str, str]
    body: Mapping[str, Any] | None = None

    def at(self, position: Mapping[str, str]) -> AnyCall:
        """Return the call of another page of the same list."""
        return replace(self, params={**self.params, **position})


def read_call(
    method: Method,
    written: str,
    query: Mapping[str, Any],
    body: Mapping[str, Any] | None,
    *,
    graph_url: str,
) -> AnyCall:
    """Return the call, or raise RejectedError for the field: `path`, `query` or `body`."""
    address = _below(graph_url, written.strip())
    if "#" in address:
        raise _no_path("It has a part behind #, which is never sent.")
    whole, _, text = address.partition("?")
    found = _VERSION.match(whole)
    version = found[1] if found else ""
    path = whole[found.end() if found else 0 :].removesuffix("/")
    if not _PATH.fullmatch(path):
        raise _no_path("It has ids, names and single slashes only, and none of them begins with .")
    if method == "GET" and body:
        raise RejectedError(
            "A GET has no body",
            "What it asks for is told by path and query.",
            "Put the values into the query, or choose POST.",
            "body",
        )
    pairs = parse_qsl(text, keep_blank_values=True)
    added = {name: _written(value) for name, value in query.items() if value is not None}
    params = {**dict(pairs), **added}
    if len(params) < len(pairs) + len(added):
        raise RejectedError(
            "A parameter is given twice",
            "It stands in the path and in the query, or twice in the path.",
            "Give each parameter once.",
            "query",
        )
    for names, field in ((dict(pairs), "path"), (query, "query"), (body or {}, "body")):
        _check_names(names, field)
    return AnyCall(method, path, version, params, body)


def _below(graph_url: str, text: str) -> str:
    """Return what stands behind the address of Graph, which may be left out."""
    base = f"{graph_url}/"
    if text[: len(base)].lower() == base.lower():
        return text[len(base) :]
    address = text.removeprefix("/")
    if _SCHEME.match(text) or _SCHEME.match(address):
        raise RejectedError(
            "Only Meta's Graph is called",
            f"The account's token is sent to {graph_url} and nowhere else.",
            "Write the path alone, such as 106540352242922/message_qrdls.",
            "path",
        )
    return address


def _written(value: Any) -> str:
    # Graph takes lists and objects as JSON.
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _check_names(names: Mapping[str, Any], field: str) -> None:
    secret = next((name for name in names if is_secret(name)), None)
    if secret is not None:
        raise RejectedError(
            f"{secret} does not belong here",
            "What is filled in is shown with the run, and the account's token is added by itself.",
            "Leave it out; to call with another token, connect it as an account.",
            field,
        )
    if field != "body" and "method" in names:
        raise RejectedError(
            "The method is told twice",
            "With `method` in the query Meta takes a call for another one than it is.",
            "Choose the method in its own field.",
            field,
        )


def _no_path(cause: str) -> RejectedError:
    return RejectedError(
        "Graph has no such path",
        cause,
        "Write it as Meta's page of the call does, such as 106540352242922/message_qrdls.",
        "path",
    )
