"""What a trigger fetches by itself: a file of a message, while its event waits."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from appmixer.engine.contract import ComponentContext, ConnectorError, Fields, Json, RejectedError

from ..fields.senders import whatsapp
from ..foreign_json.shapes import as_object, as_text
from .downloads import download
from .kinds import MB

# Pictures, sounds, videos and stickers have no more; documents may.
MAX_FETCHED_BYTES = 16 * MB
# As long as Meta keeps the file, so that what is asked again finds the same one here.
REMEMBERED_S = 7 * 24 * 3600.0
CURE = "Fetch it in the flow, by Download Media with the media id."

FetchMedia = Annotated[
    bool,
    Field(
        title="Fetch Files",
        description="Takes pictures, sounds, videos and documents into the files here before the "
        "run begins: the file is in media.fileId. What is larger than 16 MB, or takes too long, is "
        "left to Download Media, and media.error says why.",
        examples=[False],
        json_schema_extra={"x-widget": "toggle", "x-group": "Options"},
    ),
]


class FetchError(Fields):
    """Why a file was not fetched before the run."""

    title: str = Field(description="What it is called.", examples=["The file is too large"])
    cause: str = Field(
        description="Why it happened.", examples=["It has 20,971,520 bytes, and 16 MB are allowed."]
    )
    cure: str = Field(description="What to do about it.", examples=[CURE])


@dataclass(frozen=True)
class Fetched:
    """The file, or why there is none."""

    file_id: str | None = None
    error: FetchError | None = None


async def fetched(context: ComponentContext, media_id: str, *, name: str) -> Fetched:
    """Return the file here, fetched at most once, within seconds: no fault keeps the message."""
    key = f"fetched:{context.owner_id}:{media_id}"
    known = as_text(as_object((await context.store.get([key])).get(key)).get("fileId"))
    if known and await _is_there(context, known):
        return Fetched(known)
    budget = whatsapp(context).fetch_budget
    longest_s = budget.longest()
    if not longest_s:
        return _failed("Too many files have come at once", "No other message is kept waiting.")
    began_at = time.perf_counter()
    try:
        async with asyncio.timeout(longest_s):
            file = await download(context, media_id, name=name, max_bytes=MAX_FETCHED_BYTES)
    except TimeoutError:
        return _failed("The file takes too long", f"It did not come in {longest_s:.1f} seconds.")
    except ConnectorError as error:
        return _failed(error.title, error.cause)
    finally:
        budget.spend(time.perf_counter() - began_at)
    entry: dict[str, Json] = {"fileId": file.file_id}
    await context.store.put({key: entry}, expires_in_s=REMEMBERED_S)
    return Fetched(file.file_id)


async def _is_there(context: ComponentContext, file_id: str) -> bool:
    try:
        await context.files.describe(file_id)
    except RejectedError:
        return False
    return True


def _failed(title: str, cause: str) -> Fetched:
    return Fetched(error=FetchError(title=title, cause=cause, cure=CURE))
