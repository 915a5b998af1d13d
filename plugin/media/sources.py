"""Files on their way to Meta: where they come from, and what is read of them before they leave."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import IO

from appmixer.engine.contract import ComponentContext, RejectedError

from .kinds import HEAD_BYTES, MAX_FILE_BYTES, Medium, recognise, too_large
from .public_urls import fetch

# What is larger waits on the disk.
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
class Content:
    """What was found out of a file while it was taken in."""

    medium: Medium
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


async def take_in(
    source: Source,
    into: IO[bytes],
    *,
    objection: Objection = lambda _: None,
    max_bytes: int | None = None,
) -> Content:
    """Copy the source as far as it may be large, and go back to the start of the copy.

    Raises RejectedError for what Meta would not take, for what `objection` has to say as soon as it
    is known what the file is, and for more than `max_bytes`.
    """
    if source.size_bytes is not None and source.size_bytes > MAX_FILE_BYTES:
        raise too_large(None, source.size_bytes, field=source.field)

    def recognised(head: bytes) -> Medium:
        medium = _recognise(source, head, objection)
        return replace(medium, max_bytes=min(medium.max_bytes, max_bytes or medium.max_bytes))

    digest, head, medium, size_bytes = hashlib.sha256(), b"", None, 0
    async for chunk in source.chunks:
        digest.update(chunk)
        into.write(chunk)
        size_bytes += len(chunk)
        if medium is None:
            head += chunk
            medium = recognised(head) if len(head) >= HEAD_BYTES else None
        if medium is not None and size_bytes > medium.max_bytes:
            raise too_large(medium, max(size_bytes, source.size_bytes or 0), field=source.field)
    medium = medium or recognised(head)
    if size_bytes > medium.max_bytes:
        raise too_large(medium, size_bytes, field=source.field)
    into.seek(0)
    return Content(medium, size_bytes, digest.hexdigest())


def _names(*given: str | None) -> list[str]:
    return [*filter(None, given), "file"]


def _recognise(source: Source, head: bytes, objection: Objection) -> Medium:
    try:
        medium = recognise(head[:HEAD_BYTES], source.claimed_type, *source.names)
    except RejectedError as error:
        raise RejectedError(error.title, error.cause, error.cure, source.field) from None
    refusal = objection(medium)
    if refusal is not None:
        raise refusal
    return medium
