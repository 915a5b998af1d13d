"""Files over HTTP: the content as the body, or as one part of a form."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import StreamingResponse

from ..contract import RejectedError
from ..storage.contents import CHUNK_BYTES
from ..storage.files import telling_full_disk, too_large
from .identity import Caller, hosting
from .shapes.files import FileList, StoredFile
from .shapes.shape import shaped

router = APIRouter(prefix="/api/files", tags=["files"])

# What a form adds to its file: boundaries, part headers, a few small fields.
FORM_ALLOWANCE_BYTES = 64 * 1024
BINARY = {"schema": {"type": "string", "format": "binary"}}
CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The content, with the file's own type", "content": {"*/*": BINARY}}
}


@router.get("", response_model=shaped(FileList))
async def list_files(request: Request, caller: Caller) -> dict[str, Any]:
    """Return your files, newest first."""
    return {"files": await hosting(request).files.list(caller.owner_id)}


@router.post(
    "",
    status_code=201,
    response_model=shaped(StoredFile),
    openapi_extra={
        "requestBody": {
            "content": {
                "application/octet-stream": BINARY,
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "properties": {"file": {"type": "string", "format": "binary"}},
                    }
                },
            }
        }
    },
)
async def upload_file(request: Request, caller: Caller, name: str = "") -> dict[str, Any]:
    """Keep a file: the body with the name in the query, or the field `file` of a form."""
    files = hosting(request).files
    media_type = request.headers.get("content-type", "")
    is_form = media_type.startswith("multipart/form-data")
    allowance = FORM_ALLOWANCE_BYTES if is_form else 0
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > files.max_bytes + allowance:
        raise too_large(files.max_bytes)
    if not is_form:
        return await files.save(
            caller.owner_id, name, media_type.partition(";")[0], request.stream()
        )
    with telling_full_disk():
        upload = await _form_file(request, files.max_bytes + allowance)
    try:
        return await files.save(
            caller.owner_id,
            name or upload.filename or "",
            (upload.content_type or "").partition(";")[0],
            _chunks(upload),
        )
    finally:
        await upload.close()


@router.get("/{file_id}", response_model=shaped(StoredFile))
async def get_file(request: Request, caller: Caller, file_id: str) -> dict[str, Any]:
    """Return a file's facts."""
    return await hosting(request).files.get(caller.owner_id, file_id)


@router.get("/{file_id}/content", response_class=Response, responses=CONTENT)
async def download_file(request: Request, caller: Caller, file_id: str) -> StreamingResponse:
    """Return a file's content, always as a download."""
    files = hosting(request).files
    file = await files.get(caller.owner_id, file_id)
    headers = {
        "Content-Length": str(file["sizeBytes"]),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file['name'], safe='')}",
        # Whatever it says it is, it is never a page of the engine's.
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    content = files.read(caller.owner_id, file_id)
    return StreamingResponse(content, headers=headers, media_type=file["mediaType"])


@router.delete("/{file_id}", status_code=204, response_class=Response)
async def delete_file(request: Request, caller: Caller, file_id: str) -> None:
    await hosting(request).files.delete(caller.owner_id, file_id)


class _TooLongError(MultiPartException):
    """Raised inside the parser, which then closes what it has spooled."""


async def _form_file(request: Request, max_bytes: int) -> UploadFile:
    counted = _counted(request.stream(), max_bytes)
    try:
        form = await MultiPartParser(request.headers, counted, max_files=1).parse()
    except _TooLongError:
        raise too_large(hosting(request).files.max_bytes) from None
    except MultiPartException as error:
        raise RejectedError(
            "The form cannot be read", error.message, "Send one file in the field file.", "file"
        ) from None
    upload = form.get("file")
    if not isinstance(upload, UploadFile):
        await form.close()
        raise RejectedError(
            "The form holds no file", "Its field file is missing.", "Add it.", "file"
        )
    return upload


async def _counted(chunks: AsyncIterator[bytes], max_bytes: int) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise _TooLongError("too long")
        yield chunk


async def _chunks(upload: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await upload.read(CHUNK_BYTES):
        yield chunk
