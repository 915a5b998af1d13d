"""Files that people send: the one that was given, or a small sample that can be looked at."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from ...fixtures import FIXTURES
from ...protocol.shapes import Json
from ...world.entities import PhoneNumber
from ...world.world import World
from . import media

SAMPLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "image": ("image.jpg", "image/jpeg"),
        "audio": ("voice.ogg", "audio/ogg; codecs=opus"),
        "video": ("video.mp4", "video/mp4"),
        "document": ("document.pdf", "application/pdf"),
        "sticker": ("sticker.webp", "image/webp"),
    }
)
MAX_INBOUND_BYTES = 100 * media.MB


class AttachmentError(Exception):
    """A file that cannot be sent: a sentence that says why."""


class TooLargeError(AttachmentError):
    """More than a business is given; it hears of the message, and gets no file."""


def attach(world: World, number: PhoneNumber, kind: str, given: Json, base_url: str) -> Json:
    """Store the file (base64 in `data`, or the sample) and describe it as a webhook does."""
    content = _content(kind, given)
    mime_type = str(given.get("mime_type") or SAMPLES[kind][1])
    stored = media.store(
        world, number, content, mime_type, media.INBOUND_LIFE_S, given.get("filename")
    )
    part: Json = {
        name: given[name] for name in ("caption", "filename") if given.get(name) is not None
    }
    if kind == "document":
        part.setdefault("filename", SAMPLES[kind][0])
    part |= {
        "mime_type": mime_type,
        "sha256": media.sha256_of_webhook(stored),
        "id": stored.id,
        "url": media.address(world, stored, base_url),
    }
    if kind == "audio":
        part["voice"] = bool(given.get("voice", False))
    if kind == "sticker":
        part["animated"] = bool(given.get("animated", False))
    return part


def _content(kind: str, given: Json) -> bytes:
    if given.get("data") is None:
        return _sample(SAMPLES[kind][0])
    try:
        content = base64.b64decode(str(given["data"]), validate=True)
    except binascii.Error:
        raise AttachmentError(f"{kind}.data is not base64.") from None
    if len(content) > MAX_INBOUND_BYTES:
        raise TooLargeError("Businesses are not given files of more than 100 MB.")
    return content


@cache
def _sample(name: str) -> bytes:
    return FIXTURES.joinpath("samples", name).read_bytes()
