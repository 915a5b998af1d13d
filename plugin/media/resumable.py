"""Resumable uploads: what Meta shows of a file elsewhere than in messages, by a handle.

Samples of templates' headers and the pictures of profiles are given so. Files that are sent in
messages go to a number's media.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack

from appmixer.engine.contract import ActionContext, RejectedError

from ..fields.senders import graph_of, whatsapp
from ..foreign_json.shapes import as_text
from .kinds import Medium, name_for
from .sources import MEMORY_BYTES, kept_file, public_file, take_in


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

    def objection(medium: Medium) -> RejectedError | None:
        return None if medium.media_type in takes else _other_type(medium, takes, field)

    app_id = whatsapp(context).settings.required("clientId")
    async with AsyncExitStack() as opened:
        copy = opened.enter_context(tempfile.SpooledTemporaryFile(MEMORY_BYTES))
        if file_id:
            source = await kept_file(context, file_id, field=field)
        else:
            source = await opened.enter_async_context(public_file(url or "", field=field))
        content = await take_in(source, copy, objection=objection, max_bytes=max_bytes)
        media_type = content.medium.media_type
        graph = graph_of(context)
        # https://developers.facebook.com/docs/graph-api/guides/upload
        session = await graph.post(
            f"{app_id}/uploads",
            params={
                "file_name": name_for(source.names[0], media_type),
                "file_length": str(content.size_bytes),
                "file_type": media_type,
            },
            repeats=True,
        )
        answer = await graph.upload(as_text(session.get("id")), copy, content.size_bytes)
    return as_text(answer.get("h"))


def _other_type(medium: Medium, takes: Sequence[str], field: str) -> RejectedError:
    ends = ", ".join(each.rpartition("/")[2] for each in takes)
    return RejectedError(
        "Meta does not take this file here",
        f"It is of the type {medium.media_type}.",
        f"Give one of: {ends}.",
        field,
    )
