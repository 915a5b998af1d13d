"""Resumable uploads: a session, its bytes in one or many pieces, and the handle at the end.

Not for files that are sent in messages: those go to /{phone-number-id}/media.
"""

from __future__ import annotations

import base64
import secrets
import uuid

from ...protocol.errors import MetaError, unknown_path
from ...protocol.parameters import MAX_UPLOAD_BYTES
from ...protocol.signing import same
from ...world.entities import StoredFile, Upload
from ...world.world import World
from ..call import Answer, Call
from ..route import Route
from .media import MAX_STORED_BYTES

PREFIX = "upload:"
# https://developers.facebook.com/docs/graph-api/guides/upload
FILE_TYPES = ("application/pdf", "image/jpeg", "image/jpg", "image/png", "video/mp4")
# How long Meta keeps a session and honours a handle is not published: a day each, as the handles
# seen in public (they carry a time) suggest.
SESSION_LIFE_S = 24 * 3600.0
HANDLE_LIFE_S = 24 * 3600.0
MAX_NAME_CHARS = 255


def is_session(segments: list[str]) -> bool:
    """Whether a path names an upload session instead of a node."""
    return bool(segments) and segments[0].startswith(PREFIX)


def route_of(call: Call) -> Route:
    routes = {"GET": Route(progress), "POST": Route(receive)}
    if call.method not in routes or "/" in call.path:
        raise unknown_path(f"/{call.path.partition('/')[2] or call.path[:64]}")
    return routes[call.method]


async def start(call: Call) -> Answer:
    """POST /{app-id}/uploads: what will come, and how much of it."""
    world, token = call.world, call.bearer()
    if token.user is None:
        raise MetaError(102, "(#102) A user access token is required to request this resource.")
    length, mime_type = _length(call), call.need("file_type").lower()
    if mime_type not in FILE_TYPES:
        raise MetaError(100, f"(#100) Param file_type must be one of {{{', '.join(FILE_TYPES)}}}")
    name = str(call.parameters.get("file_name") or "")
    if len(name) > MAX_NAME_CHARS:
        raise MetaError(100, f"(#100) Param file_name may have {MAX_NAME_CHARS} characters")
    _make_room(world, length)
    raw = f"1:attachment:{uuid.uuid4()}"
    upload = Upload(
        key=base64.urlsafe_b64encode(raw.encode()).decode(),
        signature="AR" + secrets.token_urlsafe(14),
        app_id=call.app().id,
        user_id=token.user.id,
        filename=name,
        mime_type=mime_type.replace("image/jpg", "image/jpeg"),
        length=length,
        expires_at=world.clock.now() + SESSION_LIFE_S,
    )
    world.uploads[upload.key] = upload
    return {"id": _name(upload)}


async def progress(call: Call) -> Answer:
    """GET /upload:{id}: how much has arrived, to go on from there."""
    upload = _session(call)
    return {"id": _name(upload), "file_offset": _arrived(upload)}


async def receive(call: Call) -> Answer:
    """POST /upload:{id}: bytes from `file_offset` on; the handle once all of them are there.

    What arrived before a connection broke is kept.
    """
    upload = _session(call)
    offset = _offset(call)
    if call.content is not None:
        async for part in call.content:
            offset = _append(upload, offset, part)
    _append(upload, offset, b"")
    if _arrived(upload) < upload.length:
        return {"id": _name(upload), "file_offset": _arrived(upload)}
    return {"h": upload.handle or _finish(call.world, upload)}


def file_of(world: World, handle: object) -> StoredFile | None:
    """The uploaded file behind a handle, while the handle is good."""
    file = world.files.get(str(handle))
    if file is None or world.clock.now() >= file.expires_at:
        return None
    return file


def content_of(world: World, handle: object) -> bytes | None:
    file = file_of(world, handle)
    return None if file is None else file.content


def _append(upload: Upload, offset: int, part: bytes) -> int:
    """Add a piece where the file ends so far; gives where it ends now."""
    arrived = _arrived(upload)
    # Checked for each piece: two calls at the same time must not mix their bytes.
    if offset != arrived:
        raise MetaError(
            100, f"(#100) Param file_offset must be {arrived}, the number of bytes that arrived"
        )
    if arrived + len(part) > upload.length:
        raise MetaError(
            100, f"(#100) The file is larger than its file_length of {upload.length} bytes"
        )
    upload.content += part
    return arrived + len(part)


def _arrived(upload: Upload) -> int:
    return len(upload.content) if upload.handle is None else upload.length


def _finish(world: World, upload: Upload) -> str:
    expires_at = world.clock.now() + HANDLE_LIFE_S
    kind = base64.b64encode(upload.mime_type.encode()).decode()
    upload.handle = ":".join(
        (
            "4",
            "",
            kind,
            "AR" + secrets.token_urlsafe(24),
            "e",
            str(int(expires_at)),
            upload.app_id,
            upload.user_id,
            "AR" + secrets.token_urlsafe(12),
        )
    )
    world.files[upload.handle] = StoredFile(
        handle=upload.handle,
        app_id=upload.app_id,
        filename=upload.filename,
        mime_type=upload.mime_type,
        content=bytes(upload.content),
        expires_at=expires_at,
    )
    upload.content = bytearray()
    return upload.handle


def _session(call: Call) -> Upload:
    """The session that is named, for the user and app that opened it."""
    key, _, query = call.path.removeprefix(PREFIX).partition("?")
    # A client that escapes the whole id sends the signature inside the path.
    signature = str(call.parameters.get("sig") or query.removeprefix("sig="))
    token, upload = call.bearer(), call.world.uploads.get(key)
    is_ours = (
        upload is not None
        and token.app_id == upload.app_id
        and token.user is not None
        and token.user.id == upload.user_id
        and same(signature, upload.signature)
    )
    if upload is None or not is_ours or call.world.clock.now() >= upload.expires_at:
        raise MetaError(100, "(#100) The upload session does not exist or has expired.")
    return upload


def _name(upload: Upload) -> str:
    return f"{PREFIX}{upload.key}?sig={upload.signature}"


def _length(call: Call) -> int:
    given = call.need("file_length")
    length = int(given) if given.isascii() and given.isdecimal() and len(given) < 16 else 0
    if not 0 < length <= MAX_UPLOAD_BYTES:
        raise MetaError(100, f"(#100) Param file_length must be from 1 to {MAX_UPLOAD_BYTES} bytes")
    return length


def _offset(call: Call) -> int:
    given = str(call.parameters.get("file_offset", ""))
    if not (given.isascii() and given.isdecimal() and len(given) < 16):
        raise MetaError(100, "(#100) The header file_offset must be a number")
    return int(given)


def _make_room(world: World, size: int) -> None:
    """Forget what expired, and the oldest where all files together grow too large."""
    now = world.clock.now()
    for key in [one.key for one in world.uploads.values() if one.expires_at <= now]:
        del world.uploads[key]
    for handle in [one.handle for one in world.files.values() if one.expires_at <= now]:
        del world.files[handle]
    stored = size + sum(one.length for one in world.uploads.values())
    while world.uploads and stored > MAX_STORED_BYTES:
        stored -= world.uploads.pop(next(iter(world.uploads))).length
    kept = size + sum(len(one.content) for one in world.files.values())
    while world.files and kept > MAX_STORED_BYTES:
        kept -= len(world.files.pop(next(iter(world.files))).content)
