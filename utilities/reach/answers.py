"""What an address has answered: parsed where it is short and says what it is, else a file."""

from __future__ import annotations

import asyncio
import codecs
import json
import math
import mimetypes
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from email.message import Message
from typing import cast
from urllib.parse import parse_qsl

import httpx

from appmixer.engine.contract import ActionContext, File, Json, RejectedError
from appmixer.engine.contract.decompression import unpacked

from .json_values import is_list, is_object
from .request_input import ReadAs

# What is longer would be read by every later step, and by everybody who looks at the run.
MAX_INLINE_BYTES = 1024 * 1024
# Reading and checking them takes some 20 ms.
MAX_VALUES, MAX_DEPTH = 50_000, 50
MAX_TOLD_CHARS = 300
MB = 1024 * 1024

_JSON = re.compile(r"application/json|[\w.-]+/[\w.+-]+\+json")
_TEXT = re.compile(r"text/.*|application/(?:xml|javascript|yaml|x-yaml|x-ndjson)|.*\+xml")
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
FORM = "application/x-www-form-urlencoded"
# Half of a pair is no character, and no database keeps a NUL in a text.
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Content:
    """An answer's body, parsed, or as a file."""

    size_bytes: int
    media_type: str
    body: Json = None
    file: File | None = None


async def read_content(
    context: ActionContext, response: httpx.Response, read_as: ReadAs, max_bytes: int
) -> Content:
    """Read an answer to its end; raise RejectedError for what is too large or packed wrongly."""
    media_type, charset = _type_of(response)
    async with aclosing(_counted(response, max_bytes)) as chunks:
        start = b"" if _is_file(media_type, read_as) else await _start(chunks)
        is_long = len(start) > MAX_INLINE_BYTES
        if is_long and read_as in ("json", "text"):
            raise _too_long(f"It has more than {MAX_INLINE_BYTES:,} bytes.")
        if not _is_file(media_type, read_as) and not is_long:
            found = await asyncio.to_thread(_parsed, start, media_type, charset, read_as)
            if found is not None:
                return Content(len(start), media_type, found[0])
            if read_as == "json":
                raise _too_long(f"It may hold more than {MAX_VALUES:,} values.")
        return await _kept(context, response, media_type, _again(start, chunks))


def _too_long(cause: str) -> RejectedError:
    return RejectedError(
        "The answer is too long to be passed on",
        cause,
        "Ask for less, or have it kept as a file.",
        "readAs",
    )


async def told(response: httpx.Response) -> str:
    """Return the sentence in which a service says what it objects to, or nothing."""
    media_type, charset = _type_of(response)
    start = bytearray()
    try:
        async with aclosing(unpacked(response)) as chunks:
            async for chunk in chunks:
                start += chunk
                if len(start) > MAX_INLINE_BYTES:
                    return ""
    except (httpx.HTTPError, httpx.StreamError):
        return ""
    found = await asyncio.to_thread(_parsed, bytes(start), media_type, charset, "auto")
    return _sentence(found[0])[:MAX_TOLD_CHARS] if found else ""


def _sentence(answer: Json) -> str:
    """Find it under the names that most services give it."""
    if not isinstance(answer, Mapping):
        return ""
    for name in ("error_description", "message", "detail", "error", "title"):
        match answer.get(name):
            case str(text) if text:
                return text
            case Mapping() as inner:
                return _sentence(inner)
            case _:
                continue
    listed = answer.get("errors")
    return _sentence(listed[0]) if isinstance(listed, list) and listed else ""


def _type_of(response: httpx.Response) -> tuple[str, str]:
    header = Message()
    header["content-type"] = response.headers.get("content-type", "")
    media_type = header.get_content_type() if header["content-type"] else ""
    return (media_type if _MEDIA_TYPE.fullmatch(media_type) else ""), (
        header.get_content_charset() or ""
    )


def _is_file(media_type: str, read_as: ReadAs) -> bool:
    if read_as != "auto":
        return read_as == "file"
    readable = (not media_type, _JSON.fullmatch(media_type), _TEXT.fullmatch(media_type))
    return not any(readable) and media_type != FORM


async def _counted(response: httpx.Response, max_bytes: int) -> AsyncGenerator[bytes]:
    size = 0
    try:
        async with aclosing(unpacked(response)) as chunks:
            async for chunk in chunks:
                size += len(chunk)
                if size > max_bytes:
                    raise RejectedError(
                        "The answer is too large",
                        f"It has more than {max_bytes // MB} MB.",
                        "Ask for less, or raise the largest size.",
                        "maxSizeMb",
                    )
                yield chunk
    except httpx.DecodingError as error:
        raise RejectedError(
            "The answer cannot be read", f"{error}.", "Ask the service what it sends.", "url"
        ) from None


async def _start(chunks: AsyncIterator[bytes]) -> bytes:
    """Return all of it, or a little more than is passed on."""
    start = bytearray()
    async for chunk in chunks:
        start += chunk
        if len(start) > MAX_INLINE_BYTES:
            break
    return bytes(start)


async def _again(start: bytes, rest: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    if start:
        yield start
    async for chunk in rest:
        yield chunk


async def _kept(
    context: ActionContext, response: httpx.Response, media_type: str, chunks: AsyncIterator[bytes]
) -> Content:
    file = await context.files.save(
        _file_name(response, media_type), media_type or "application/octet-stream", chunks
    )
    return Content(file.size_bytes, file.media_type, file=file)


def _file_name(response: httpx.Response, media_type: str) -> str:
    header = Message()
    header["content-disposition"] = response.headers.get("content-disposition", "")
    named = header.get_filename() or response.request.url.path.rpartition("/")[2]
    plain = "".join(each for each in named.replace("\\", "/").rpartition("/")[2] if _is_plain(each))
    name = plain.strip(" .")[:200] or "answer"
    return name if "." in name else name + (mimetypes.guess_extension(media_type) or "")


def _is_plain(character: str) -> bool:
    return character.isprintable() and character not in '"<>|:*?'


def _parsed(content: bytes, media_type: str, charset: str, read_as: ReadAs) -> tuple[Json] | None:
    """Return what a short answer says; None for what is kept as a file. Not for the loop."""
    if not content:
        return (None,)
    if read_as == "json" or (read_as == "auto" and (not media_type or _JSON.fullmatch(media_type))):
        try:
            return (_json(content),)
        except _TooMuchError:
            return None
        except ValueError as error:
            if read_as == "json":
                raise RejectedError(
                    "The answer is no JSON",
                    f"{error}.",
                    "Read it as text instead.",
                    "readAs",
                ) from None
    text = _text(content, charset)
    if text is None and read_as == "auto":
        return None
    if text is not None and media_type == FORM and read_as == "auto":
        return (_form(text),) if text.count("&") < MAX_VALUES else None
    return (_UNKEEPABLE.sub("\ufffd", text or content.decode("cp1252", "replace")),)


def _text(content: bytes, charset: str) -> str | None:
    """Return the text, or None for what nobody could call one."""
    try:
        name = codecs.lookup(charset).name if charset else "utf-8-sig"
    except LookupError:
        name = "utf-8-sig"
    try:
        return content.decode(name)
    except ValueError:
        return None if b"\0" in content else content.decode("cp1252", "replace")


class _TooMuchError(Exception):
    """It is JSON, perhaps, and more than is passed on."""


def _json(content: bytes) -> Json:
    """Return what JSON says; raise ValueError for what is none, or more than may be passed on."""
    if content.count(b",") + content.count(b"[") + content.count(b"{") > MAX_VALUES:
        raise _TooMuchError
    try:
        found: object = json.loads(content, parse_constant=_no_number)
        return _keepable(found, MAX_DEPTH)
    except RecursionError:
        raise ValueError("It is nested too deep") from None
    except json.JSONDecodeError as error:
        # Its own words hold nothing of the content.
        raise ValueError(f"{error.msg} at line {error.lineno}") from None
    except UnicodeDecodeError:
        raise ValueError("It is not UTF-8") from None


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _keepable(value: object, levels_left: int) -> Json:
    if not levels_left:
        raise ValueError("It is nested too deep")
    if is_object(value):
        return {
            _UNKEEPABLE.sub("\ufffd", name): _keepable(each, levels_left - 1)
            for name, each in value.items()
        }
    if is_list(value):
        return [_keepable(each, levels_left - 1) for each in value]
    if isinstance(value, str):
        return _UNKEEPABLE.sub("\ufffd", value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("It holds a number that is too large")
    return cast("Json", value)


def _form(text: str) -> Json:
    """Return a form's fields; one that is there several times is a list."""
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        found.setdefault(_UNKEEPABLE.sub("\ufffd", name), []).append(
            _UNKEEPABLE.sub("\ufffd", value)
        )
    return {name: each if len(each) > 1 else each[0] for name, each in found.items()}
