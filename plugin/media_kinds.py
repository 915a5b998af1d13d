"""Which files WhatsApp takes: kinds, types and sizes, and how content shows its type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import filetype  # type: ignore[import-untyped]  # it ships no types

from appmixer.engine.contract import RejectedError

MB = 1024 * 1024
KB = 1024

# Bytes from a file's start that are enough to tell its type, office documents included.
HEAD_BYTES = 8192

KindName = Literal["image", "video", "audio", "sticker", "document"]
OFFICE = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True)
class Kind:
    """A kind of media: what message it goes into, and what Meta takes for it."""

    name: KindName
    media_types: tuple[str, ...]
    max_bytes: int


# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
KINDS = (
    Kind("image", ("image/jpeg", "image/png"), 5 * MB),
    Kind("video", ("video/mp4", "video/3gpp"), 16 * MB),
    Kind("audio", ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"), 16 * MB),
    Kind("sticker", ("image/webp",), 500 * KB),
    Kind(
        "document",
        (
            "text/plain",
            "application/pdf",
            "application/msword",
            "application/vnd.ms-excel",
            "application/vnd.ms-powerpoint",
            f"{OFFICE}wordprocessingml.document",
            f"{OFFICE}spreadsheetml.sheet",
            f"{OFFICE}presentationml.presentation",
        ),
        100 * MB,
    ),
)
MAX_STATIC_STICKER_BYTES = 100 * KB
MAX_FILE_BYTES = max(kind.max_bytes for kind in KINDS)

# What libraries and browsers call a type that Meta knows by another name.
SYNONYMS = {
    "audio/x-m4a": "audio/mp4",
    "audio/m4a": "audio/mp4",
    "audio/mp3": "audio/mpeg",
    "audio/opus": "audio/ogg",
    "image/jpg": "image/jpeg",
    "video/x-m4v": "video/mp4",
}
# Containers whose content does not say which of several types it is: then the claim decides.
CONTAINERS = {
    "application/zip": tuple(each for each in KINDS[-1].media_types if each.startswith(OFFICE)),
    "application/x-ole-storage": (
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
    ),
    "video/mp4": ("audio/mp4",),
}
OLE_STORAGE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
WEBP_ANIMATION_FLAG = 0x02


@dataclass(frozen=True)
class Medium:
    """A file that WhatsApp takes, by its content."""

    media_type: str
    kind: KindName
    max_bytes: int


def recognise(head: bytes, claimed: str) -> Medium:
    """Tell what a file is by its first HEAD_BYTES; the claimed type only decides where they cannot.

    Raises RejectedError for what WhatsApp does not take.
    """
    media_type = _media_type(head, _plain(claimed))
    kind = next((kind for kind in KINDS if media_type in kind.media_types), None)
    if kind is None:
        raise _unsupported(f"The content is of the type {media_type or 'unknown'}")
    if media_type == "audio/ogg" and b"OpusHead" not in head:
        raise _unsupported("This OGG file is not coded with Opus, the only codec taken")
    is_static = media_type == "image/webp" and not _is_animated(head)
    return Medium(media_type, kind.name, MAX_STATIC_STICKER_BYTES if is_static else kind.max_bytes)


def too_large(medium: Medium | None, size_bytes: int, *, field: str) -> RejectedError:
    """Return the refusal of a file that is larger than its kind, or any kind, may be."""
    limit = medium.max_bytes if medium is not None else MAX_FILE_BYTES
    what = f"A file of the kind {medium.kind}" if medium is not None else "A file"
    shown = f"{size_bytes / MB:.1f} MB" if size_bytes >= MB else f"{size_bytes // KB} KB"
    allowed = f"{limit // MB} MB" if limit >= MB else f"{limit // KB} KB"
    return RejectedError(
        "The file is too large",
        f"{what} may have {allowed}; this one has {shown} or more.",
        "Make it smaller, or send a link to it as text.",
        field,
    )


def _media_type(head: bytes, claimed: str) -> str:
    guessed: str | None = filetype.guess_mime(head)  # pyright: ignore[reportUnknownMemberType]
    sniffed = _plain(guessed or "")
    if head[4:11] == b"ftyp3gp":
        sniffed = "video/3gpp"
    if not sniffed and head.startswith(OLE_STORAGE):
        sniffed = "application/x-ole-storage"
    if claimed in CONTAINERS.get(sniffed, ()):
        return claimed
    if sniffed:
        return sniffed
    # Text shows itself by nothing but the absence of what text never holds.
    is_text = claimed.startswith("text/") and b"\x00" not in head
    return "text/plain" if is_text and claimed == "text/plain" else ""


def _plain(media_type: str) -> str:
    bare = media_type.partition(";")[0].strip().lower()
    return SYNONYMS.get(bare, bare)


def _is_animated(head: bytes) -> bool:
    # https://developers.google.com/speed/webp/docs/riff_container#extended_file_format
    return head[12:16] == b"VP8X" and len(head) > 20 and bool(head[20] & WEBP_ANIMATION_FLAG)


def _unsupported(cause: str) -> RejectedError:
    names = ", ".join(each.rpartition("/")[2] for kind in KINDS[:-1] for each in kind.media_types)
    return RejectedError(
        "WhatsApp does not take this type of file",
        f"{cause}.",
        f"Convert it to one of: {names}, pdf, plain text, Word, Excel or PowerPoint.",
    )
