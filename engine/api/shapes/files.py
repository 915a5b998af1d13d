"""Files of owners."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from .shape import Shape


class StoredFile(Shape):
    """A file's facts."""

    id: str
    name: str
    media_type: str = Field(description="What the uploader said it is.")
    size_bytes: int
    sha256: str = Field(description="Of the content, in hexadecimal.")
    created_at: datetime


class FileList(Shape):
    files: list[StoredFile]
