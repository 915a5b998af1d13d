"""What kind of media a file is, by its content."""

from __future__ import annotations

import io
import zipfile

import pytest

from appmixer.engine.contract import RejectedError
from appmixer.whatsapp.plugin.media.kinds import (
    EXTENSIONS,
    KB,
    KINDS,
    MB,
    Medium,
    name_for,
    recognise,
)

OFFICE = "application/vnd.openxmlformats-officedocument."
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def archive(*names: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as writer:
        for name in names:
            writer.writestr(name, "x" * 50)
    return content.getvalue()


def box(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + bytes(300)


def webp(flags: int) -> bytes:
    return b"RIFF\0\0\0\0WEBPVP8X" + bytes(4) + bytes([flags]) + bytes(20)


@pytest.mark.parametrize(
    ("content", "claimed", "medium"),
    [
        (b"\xff\xd8\xff\xe0" + bytes(20), "", Medium("image/jpeg", "image", 5 * MB)),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "text/plain", Medium("image/png", "image", 5 * MB)),
        (box(b"isom"), "", Medium("video/mp4", "video", 16 * MB)),
        (box(b"3gp5"), "", Medium("video/3gpp", "video", 16 * MB)),
        (box(b"M4A "), "", Medium("audio/mp4", "audio", 16 * MB)),
        (box(b"isom"), "audio/mp4; codecs=aac", Medium("audio/mp4", "audio", 16 * MB)),
        (b"ID3\3" + bytes(300), "", Medium("audio/mpeg", "audio", 16 * MB)),
        (b"#!AMR\n" + bytes(300), "", Medium("audio/amr", "audio", 16 * MB)),
        (b"\xff\xf1\x50\x80" + bytes(300), "", Medium("audio/aac", "audio", 16 * MB)),
        (
            b"OggS" + bytes(24) + b"OpusHead" + bytes(300),
            "application/octet-stream",
            Medium("audio/ogg", "audio", 16 * MB),
        ),
        (webp(0), "", Medium("image/webp", "sticker", 100 * KB)),
        (webp(2), "", Medium("image/webp", "sticker", 500 * KB)),
        (b"%PDF-1.7", "", Medium("application/pdf", "document", 100 * MB)),
        (b"plain words", "text/plain", Medium("text/plain", "document", 100 * MB)),
        (OLE, "application/msword", Medium("application/msword", "document", 100 * MB)),
        (
            archive("[Content_Types].xml", "_rels/.rels", "word/document.xml"),
            "application/zip",
            Medium(f"{OFFICE}wordprocessingml.document", "document", 100 * MB),
        ),
        (
            archive("mimetype", "other.xml"),
            f"{OFFICE}spreadsheetml.sheet",
            Medium(f"{OFFICE}spreadsheetml.sheet", "document", 100 * MB),
        ),
    ],
)
def test_the_content_decides_and_the_claim_only_where_it_cannot(
    content: bytes, claimed: str, medium: Medium
) -> None:
    assert recognise(content, claimed) == medium


PDF = Medium("application/pdf", "document", 100 * MB)
TEXT = Medium("text/plain", "document", 100 * MB)
DOCX = Medium(f"{OFFICE}wordprocessingml.document", "document", 100 * MB)
M4A, MP4 = Medium("audio/mp4", "audio", 16 * MB), Medium("video/mp4", "video", 16 * MB)


@pytest.mark.parametrize("claimed", ["", "application/octet-stream"])
@pytest.mark.parametrize(
    ("content", "name", "medium"),
    [
        (b"\r\n\r\nHTTP rest %PDF-1.4", "Invoice.PDF", PDF),
        (b"\x00" * 1024 + b"%PDF-1.4", "invoice.pdf", PDF),
        (OLE, "prices.xls", Medium("application/vnd.ms-excel", "document", 100 * MB)),
        (OLE, "letter.DOC", Medium("application/msword", "document", 100 * MB)),
        (OLE, "talk.ppt", Medium("application/vnd.ms-powerpoint", "document", 100 * MB)),
        (b"plain words \xe9", "notes.txt", TEXT),
        (archive("mimetype", "other.xml"), "letter.docx", DOCX),
        (box(b"mp42"), "note.m4a", M4A),
        (box(b"mp42"), "film.mp4", MP4),
        (box(b"mp42"), "film", MP4),
    ],
)
def test_where_the_content_leaves_a_choice_the_name_decides(
    content: bytes, name: str, medium: Medium, claimed: str
) -> None:
    assert recognise(content, claimed, name) == medium


def test_a_type_that_is_claimed_goes_before_the_name() -> None:
    assert recognise(box(b"mp42"), "video/mp4", "film.m4a") == MP4
    assert recognise(OLE, "application/msword", "prices.xls").media_type == "application/msword"


@pytest.mark.parametrize(
    ("name", "media_type", "uploaded"),
    [
        ("voice-note.mp4", "audio/ogg", "voice-note.ogg"),
        ("PTT-2026.opus", "audio/ogg", "PTT-2026.ogg"),
        ("note", "audio/ogg", "note.ogg"),
        ("Catalogue.PDF", "application/pdf", "Catalogue.PDF"),
        ("photo.jpeg", "image/jpeg", "photo.jpeg"),
        ("report v1.2", "application/pdf", "report v1.2.pdf"),
        ("Mr. Smith", "application/pdf", "Mr. Smith.pdf"),
        ("letter.doc", f"{OFFICE}wordprocessingml.document", "letter.docx"),
        ("data.csv", "text/plain", "data.txt"),
        (".pdf", "image/png", "file.png"),
    ],
)
def test_the_name_ends_as_the_content_does(name: str, media_type: str, uploaded: str) -> None:
    assert name_for(name, media_type) == uploaded


def test_every_type_that_is_taken_has_an_end_for_its_name() -> None:
    assert {each for kind in KINDS for each in kind.media_types} == set(EXTENSIONS)


@pytest.mark.parametrize(
    ("content", "claimed"),
    [
        (archive("a.txt"), "application/zip"),
        (OLE, ""),
        (b"GIF89a" + bytes(20), "image/png"),
        (b"plain words", "application/pdf"),
        (b"plain words", ""),
        (b"zero\x00byte", "text/plain"),
        (b"\x00" * 2000 + b"%PDF-1.4", "application/pdf"),
    ],
)
@pytest.mark.parametrize("name", ["", "a.pdf", "a.png", "a"])
def test_a_claim_and_a_name_alone_make_nothing_sendable(
    content: bytes, claimed: str, name: str
) -> None:
    with pytest.raises(RejectedError):
        recognise(content, claimed, name)
