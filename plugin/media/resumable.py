"""Resumable uploads: what Meta shows of a file elsewhere than in messages, by a handle.

Samples of templates' headers and the pictures of profiles are given so. Files that are sent in
messages go to a number's media.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import IO

from appmixer.engine.contract import ActionContext, RejectedError

from ..fields.senders import graph_of, whatsapp
from ..foreign_json.shapes import as_text
from .kinds import HEAD_BYTES, Medium, name_for, recognise, too_large
from .public_urls import fetch

MEMORY_BYTES = 1024 * 1024


async def upload_handle(
    context: ActionContext,
    *,
    file_id: str | None = None,
    url: str | None = None,
    takes: Sequence[str],
    field: str,
    max_bytes: int | None = None,
) -> str:
    """Upload a kept file, or the content of a public URL, and return Meta's handle of it.

    `takes` are the media types that may be; raises RejectedError for `field` where it is another,
    and where the file is larger than `max_bytes`, or than its kind may be.
    """
    wanted = _Wanted(takes, max_bytes, field)
    app_id = whatsapp(context).settings.required("clientId")
    with tempfile.SpooledTemporaryFile(MEMORY_BYTES) as content:
        if file_id:
            file = await context.files.describe(file_id)
            source = _Source(file.name, file.media_type, context.files.read(file_id))
            medium, size_bytes = await source.copy(content, wanted)
        else:
            async with fetch(url or "", field=field) as download:
                source = _Source(download.file_name, download.media_type, download.chunks)
                medium, size_bytes = await source.copy(content, wanted)
        graph = graph_of(context)
        # https://developers.facebook.com/docs/graph-api/guides/upload
        session = await graph.post(
            f"{app_id}/uploads",
            params={
                "file_name": name_for(source.name or "file", medium.media_type),
                "file_length": str(size_bytes),
                "file_type": medium.media_type,
            },
            repeats=True,
        )
        answer = await graph.upload(as_text(session.get("id")), content, size_bytes)
    return as_text(answer.get("h"))


@dataclass(frozen=True)
class _Wanted:
    """Which files may be uploaded, and the field that a refusal names."""

    takes: Sequence[str]
    max_bytes: int | None
    field: str

    def recognise(self, head: bytes, claimed_type: str, name: str) -> Medium:
        try:
            medium = recognise(head[:HEAD_BYTES], claimed_type, name)
        except RejectedError as error:
            raise RejectedError(error.title, error.cause, error.cure, self.field) from None
        if medium.media_type not in self.takes:
            ends = ", ".join(each.rpartition("/")[2] for each in self.takes)
            raise RejectedError(
                "Meta does not take this file here",
                f"It is of the type {medium.media_type}.",
                f"Give one of: {ends}.",
                self.field,
            )
        return replace(medium, max_bytes=min(medium.max_bytes, self.max_bytes or medium.max_bytes))


class _Source:
    """A file, wherever it comes from, none of whose content was read yet."""

    def __init__(self, name: str, claimed_type: str, chunks: AsyncIterator[bytes]) -> None:
        self.name, self._claimed_type, self._chunks = name, claimed_type, chunks

    async def copy(self, content: IO[bytes], wanted: _Wanted) -> tuple[Medium, int]:
        """Copy it as far as it may be large; return what it is, and its size."""
        head, medium, size_bytes = b"", None, 0
        async for chunk in self._chunks:
            content.write(chunk)
            size_bytes += len(chunk)
            if medium is None:
                head += chunk
                is_enough = len(head) >= HEAD_BYTES
                medium = self._medium(head, wanted) if is_enough else None
            if medium is not None and size_bytes > medium.max_bytes:
                raise too_large(medium, size_bytes, field=wanted.field)
        medium = medium or self._medium(head, wanted)
        if size_bytes > medium.max_bytes:
            raise too_large(medium, size_bytes, field=wanted.field)
        return medium, size_bytes

    def _medium(self, head: bytes, wanted: _Wanted) -> Medium:
        return wanted.recognise(head, self._claimed_type, self.name)
