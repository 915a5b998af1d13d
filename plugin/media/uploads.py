"""Gives files to Meta: what a file is and whether WhatsApp takes it is told before it leaves."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO

from appmixer.engine.contract import ComponentContext, RejectedError

from ..fields.senders import graph_of
from ..foreign_json.shapes import as_text
from ..ledgers.proven_numbers import SenderNumber
from .kinds import HEAD_BYTES, MAX_FILE_BYTES, Medium, name_for, recognise, too_large
from .public_urls import fetch

MEMORY_BYTES = 1024 * 1024

Objection = Callable[[Medium], RejectedError | None]


@dataclass(frozen=True)
class Source:
    """A file that nothing has been read of yet; `field` is the input that named it."""

    field: str
    names: Sequence[str]
    claimed_type: str
    size_bytes: int | None
    chunks: AsyncIterator[bytes]


@dataclass(frozen=True)
class Uploaded:
    """A file that Meta has now."""

    media_id: str
    medium: Medium
    file_name: str
    size_bytes: int
    sha256: str


async def kept_file(
    context: ComponentContext, file_id: str, *, field: str, name: str | None = None
) -> Source:
    """Open one of the owner's files; raise RejectedError if there is no such file."""
    try:
        file = await context.files.describe(file_id)
    except RejectedError as error:
        raise RejectedError(error.title, error.cause, error.cure, field) from None
    chunks = context.files.read(file_id)
    return Source(field, _names(name, file.name), file.media_type, file.size_bytes, chunks)


@asynccontextmanager
async def public_file(
    url: str, *, field: str, name: str | None = None
) -> AsyncGenerator[Source, None]:
    """Open a public URL."""
    async with fetch(url, field=field) as found:
        names = _names(name, found.file_name)
        yield Source(field, names, found.media_type, found.size_bytes, found.chunks)


async def upload(
    context: ComponentContext,
    sender: SenderNumber,
    source: Source,
    *,
    ttl_minutes: int | None = None,
    objection: Objection = lambda _: None,
) -> Uploaded:
    """Give the file to Meta; raise RejectedError, before any call, for what it would not take.

    `objection` may refuse more, as soon as it is known what the file is.
    """
    form = {"messaging_product": "whatsapp"}
    if ttl_minutes is not None:
        form["ttl_minutes"] = str(ttl_minutes)
    with tempfile.SpooledTemporaryFile(MEMORY_BYTES) as content:
        medium, size_bytes, sha256 = await _take_in(source, content, objection)
        name = name_for(source.names[0], medium.media_type)
        answer = await graph_of(context).post(
            f"{sender.id}/media",
            form=form | {"type": medium.media_type},
            files={"file": (name, content, medium.media_type)},
            repeats=True,
        )
    return Uploaded(as_text(answer.get("id")), medium, name, size_bytes, sha256)


def _names(*given: str | None) -> list[str]:
    return [*filter(None, given), "file"]


async def _take_in(
    source: Source, content: IO[bytes], objection: Objection
) -> tuple[Medium, int, str]:
    """Copy the source, as far as it is allowed to be large; return what it is, size and hash."""
    if source.size_bytes is not None and source.size_bytes > MAX_FILE_BYTES:
        raise too_large(None, source.size_bytes, field=source.field)
    digest, head, medium, size_bytes = hashlib.sha256(), b"", None, 0
    async for chunk in source.chunks:
        digest.update(chunk)
        content.write(chunk)
        size_bytes += len(chunk)
        if medium is None:
            head += chunk
            medium = _recognise(source, head, objection) if len(head) >= HEAD_BYTES else None
        if medium is not None and size_bytes > medium.max_bytes:
            raise too_large(medium, max(size_bytes, source.size_bytes or 0), field=source.field)
    medium = medium or _recognise(source, head, objection)
    if size_bytes > medium.max_bytes:
        raise too_large(medium, size_bytes, field=source.field)
    content.seek(0)
    return medium, size_bytes, digest.hexdigest()


def _recognise(source: Source, head: bytes, objection: Objection) -> Medium:
    try:
        medium = recognise(head[:HEAD_BYTES], source.claimed_type, *source.names)
    except RejectedError as error:
        raise RejectedError(error.title, error.cause, error.cure, source.field) from None
    refusal = objection(medium)
    if refusal is not None:
        raise refusal
    return medium
