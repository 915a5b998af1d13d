"""Reading a Graph call: query, JSON, form or multipart become one object of parameters."""

from __future__ import annotations

import json
import math
from urllib.parse import parse_qsl

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message, Receive

from .errors import MetaError
from .shapes import Json, is_array, is_object

MAX_JSON_BYTES = 2 * 1024 * 1024
# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
MAX_UPLOAD_BYTES = 100 * 1024 * 1024
MAX_FORM_BYTES = MAX_UPLOAD_BYTES + 64 * 1024
MAX_DEPTH = 64
# Text of the caller's own that may look like JSON and stays what it is.
PLAIN = frozenset(("biz_opaque_callback_data", "to", "recipient", "recipient_identity_key_hash"))


async def read_parameters(
    request: Request, *, takes_files: bool
) -> tuple[Json, dict[str, UploadFile] | None]:
    """Query and body as one; the body wins. Files only where a path takes them."""
    parameters: Json = dict(request.query_params)
    if request.method not in ("POST", "DELETE", "PUT", "PATCH"):
        return parameters, None
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _form(request, parameters, takes_files=takes_files)
    body = await _body(request)
    if not body.strip():
        return parameters, None
    if kind == "application/x-www-form-urlencoded":
        return {**parameters, **_urlencoded(body)}, None
    if kind not in ("application/json", "text/json", ""):
        raise MetaError(100, f"(#100) Unsupported content type: {kind[:80]}")
    return {**parameters, **_object(body)}, None


def upload_parameters(request: Request) -> Json:
    """The query of a resumable upload and where its bytes go; the body is the file itself."""
    parameters: Json = dict(request.query_params)
    offset = request.headers.get("file_offset")
    return parameters if offset is None else {**parameters, "file_offset": offset}


async def _body(request: Request) -> bytes:
    _check_length(request, MAX_JSON_BYTES)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_JSON_BYTES:
            raise _too_large()
        parts.append(part)
    return b"".join(parts)


def _object(body: bytes) -> Json:
    try:
        parsed = parse_json(body)
    except ValueError:
        parsed = None
    if not is_object(parsed):
        raise MetaError(100, "(#100) Invalid parameter", details="The body is not a JSON object")
    return parsed


def parse_json(text: bytes) -> object:
    """JSON that can be written down again; raises ValueError for what cannot.

    Python's parser also takes NaN, numbers without end, half characters and nesting that no
    writer follows; nothing behind this edge should meet them.
    """
    try:
        parsed: object = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if text.count(b"[") + text.count(b"{") > MAX_DEPTH and _is_deeper(parsed, MAX_DEPTH):
        raise ValueError("nested too deeply")
    if b"\\ud" in text.lower():
        json.dumps(parsed, ensure_ascii=False).encode()
    return parsed


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _is_deeper(value: object, depth: int) -> bool:
    level: list[object] = [value]
    for _ in range(depth):
        below: list[object] = []
        for item in level:
            if is_object(item):
                below.extend(item.values())
            elif is_array(item):
                below.extend(item)
        if not below:
            return False
        level = below
    return True


def _urlencoded(body: bytes) -> Json:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200)
    except ValueError:
        raise MetaError(100, "(#100) Invalid parameter", details="The form is broken") from None
    return {name: value if name in PLAIN else _nested(value) for name, value in pairs}


def _nested(value: str) -> object:
    """Graph takes objects and lists as JSON inside a form field."""
    if value[:1] in ("{", "["):
        try:
            return parse_json(value.encode())
        except ValueError:
            return value
    return value


async def _form(
    request: Request, parameters: Json, *, takes_files: bool
) -> tuple[Json, dict[str, UploadFile]]:
    most = MAX_FORM_BYTES if takes_files else MAX_JSON_BYTES
    _check_length(request, most)
    limited = Request(request.scope, _limited(request.receive, most))
    try:
        form: FormData = await limited.form(max_files=4, max_fields=50)
    except (HTTPException, MultiPartException):
        raise MetaError(
            100, "(#100) Invalid parameter", details="The multipart body is broken"
        ) from None
    files: dict[str, UploadFile] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            files[name] = value
        else:
            parameters[name] = value if name in PLAIN else _nested(value)
    return parameters, files


def _limited(receive: Receive, most: int) -> Receive:
    """The same stream, cut off when it brings more than it may."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise _too_large()
        return message

    return counted


def _check_length(request: Request, most: int) -> None:
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > most:
        raise _too_large()


def _too_large() -> MetaError:
    return MetaError(100, "(#100) The request is larger than Meta takes.", http_status=413)
