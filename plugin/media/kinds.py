"""Which files WhatsApp takes: kinds, types and sizes, and how content shows its type."""

from __future__ import annotations

from collections.abc import Sequence
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
# How the name of a file of each type ends. Reporters saw Meta take the type from the name, accept
# the upload and fail the message with 131053, so a name says the same as the content.
EXTENSIONS = {
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    "image/webp": ("webp",),
    "video/mp4": ("mp4",),
    "video/3gpp": ("3gp",),
    "audio/aac": ("aac",),
    "audio/amr": ("amr",),
    "audio/mpeg": ("mp3",),
    "audio/mp4": ("m4a",),
    "audio/ogg": ("ogg",),
    "text/plain": ("txt",),
    "application/pdf": ("pdf",),
    "application/msword": ("doc",),
    "application/vnd.ms-excel": ("xls",),
    "application/vnd.ms-powerpoint": ("ppt",),
    f"{OFFICE}wordprocessingml.document": ("docx",),
    f"{OFFICE}spreadsheetml.sheet": ("xlsx",),
    f"{OFFICE}presentationml.presentation": ("pptx",),
}
TYPES = {each: media_type for media_type, names in EXTENSIONS.items() for each in names}
# What else is the end of a name and not a part of it, as in "Offer No. 12" or "v1.2".
OTHER_EXTENSIONS = frozenset(
    "3gpp avi bin bmp csv dat file gif heic htm html json log m4v md mkv mov mpeg mpg mpga odp ods "
    "odt oga opus rtf tif tiff tmp wav webm wma wmv xml zip".split()
)
# A PDF may begin later: readers look for its mark in the first kilobyte.
# PDF Reference 1.7, appendix H.3, note 13
PDF_MARK, PDF_WITHIN = b"%PDF-", 1024
# Control characters that no text has: all but tab, line feed, form feed, carriage return, escape.
NO_TEXT = bytes(each for each in range(32) if each not in b"\t\n\f\r\x1b")
OLE_STORAGE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
WEBP_ANIMATION_FLAG = 0x02


@dataclass(frozen=True)
class Medium:
    """A file that WhatsApp takes, by its content."""

    media_type: str
    kind: KindName
    max_bytes: int


NOTHING_TOLD = "Neither its content nor its name tells what it is"


def recognise(head: bytes, claimed: str, *names: str) -> Medium:
    """Tell what a file is by its first HEAD_BYTES.

    The claimed type, and after it the ends of its names, only decide where those leave a choice.
    Raises RejectedError for what WhatsApp does not take.
    """
    claims = [bare_type(claimed), *(TYPES.get(_extension(name), "") for name in names)]
    media_type = _media_type(head, claims)
    kind = next((kind for kind in KINDS if media_type in kind.media_types), None)
    if kind is None:
        told = f"The content is of the type {media_type}" if media_type else NOTHING_TOLD
        raise _unsupported(told)
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


def name_for(name: str, media_type: str) -> str:
    """Return the name with the end that belongs to the type, unless it has one already."""
    fitting = EXTENSIONS[media_type]
    extension = _extension(name)
    if extension in fitting:
        return name
    is_end = extension in TYPES or extension in OTHER_EXTENSIONS
    stem = name.rpartition(".")[0] if is_end else name
    return f"{stem or 'file'}.{fitting[0]}"


def _extension(name: str) -> str:
    return name.rpartition(".")[2].strip().lower() if "." in name else ""


def _media_type(head: bytes, claims: Sequence[str]) -> str:
    guessed: str | None = filetype.guess_mime(head)  # pyright: ignore[reportUnknownMemberType]
    sniffed = bare_type(guessed or "")
    if head[4:11] == b"ftyp3gp":
        sniffed = "video/3gpp"
    if not sniffed and head.startswith(OLE_STORAGE):
        sniffed = "application/x-ole-storage"
    if sniffed:
        choice = CONTAINERS.get(sniffed, ())
        # Whoever claims what the content shows has not left the choice to the name.
        possible = {*choice, sniffed} & EXTENSIONS.keys()
        return next((each for each in claims if each in possible), sniffed)
    if "application/pdf" in claims and PDF_MARK in head[: PDF_WITHIN + len(PDF_MARK)]:
        return "application/pdf"
    # Text shows itself by nothing but the absence of what text never holds.
    is_text = bool(head) and head.translate(None, NO_TEXT) == head
    return "text/plain" if is_text and "text/plain" in claims else ""


def bare_type(media_type: str) -> str:
    """Return a type by the name that Meta knows it by, without parameters."""
    bare = media_type.partition(";")[0].strip().lower()
    return SYNONYMS.get(bare, bare)


def _is_animated(head: bytes) -> bool:
    # https://developers.google.com/speed/webp/docs/riff_container#extended_file_format
    return head[12:16] == b"VP8X" and len(head) > 20 and bool(head[20] & WEBP_ANIMATION_FLAG)


def _unsupported(cause: str) -> RejectedError:
    ends = [each.rpartition("/")[2] for kind in KINDS[:-1] for each in kind.media_types]
    names = ", ".join(dict.fromkeys(ends))
    return RejectedError(
        "WhatsApp does not take this type of file",
        f"{cause}.",
        f"Convert it to one of: {names}, pdf, plain text, Word, Excel or PowerPoint.",
    )
