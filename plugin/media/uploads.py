"""Gives files to Meta: what a file is and whether WhatsApp takes it is told before it leaves."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass

from appmixer.engine.contract import ComponentContext

from ..fields.senders import graph_of
from ..foreign_json.shapes import as_text
from ..ledgers.proven_numbers import SenderNumber
from .kinds import Medium, name_for
from .sources import MEMORY_BYTES, Objection, Source, take_in


@dataclass(frozen=True)
class Uploaded:
    """A file that Meta has now."""

    media_id: str
    medium: Medium
    file_name: str
    size_bytes: int
    sha256: str


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
    with tempfile.SpooledTemporaryFile(MEMORY_BYTES) as copy:
        content = await take_in(source, copy, objection=objection)
        media_type = content.medium.media_type
        name = name_for(source.names[0], media_type)
        answer = await graph_of(context).post(
            f"{sender.id}/media",
            form=form | {"type": media_type},
            files={"file": (name, copy, media_type)},
            repeats=True,
        )
    media_id = as_text(answer.get("id"))
    return Uploaded(media_id, content.medium, name, content.size_bytes, content.sha256)
