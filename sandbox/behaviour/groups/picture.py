"""A group's picture: read from the call, and looked at."""

from __future__ import annotations

from ...protocol.errors import MetaError, invalid_parameter, refused
from ..call import Call

# https://developers.facebook.com/documentation/business-messaging/whatsapp/groups/reference
MAX_BYTES = 5 * 1024 * 1024
LEAST_PIXELS = 192
# Meta's page calls the part `profile_picture_file`, its OpenAPI file `file`.
PARTS = ("profile_picture_file", "file")
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


async def of_call(call: Call) -> bytes | None:
    for name in PARTS:
        file = (call.files or {}).get(name)
        if file is not None:
            content = await file.read(MAX_BYTES + 1)
            if not content.startswith(b"\xff\xd8"):
                raise invalid_parameter("The profile picture must be a JPEG image")
            if len(content) > MAX_BYTES:
                raise invalid_parameter("The profile picture must not be larger than 5 MB")
            return content
    return None


def check(image: bytes) -> None:
    """Raise Meta's error for a picture that is too small or not square."""
    size = _size(image)
    if size is None:
        raise MetaError(131053, "(#131053) Media upload error")
    if min(size) < LEAST_PIXELS:
        raise refused(131210)
    if size[0] != size[1]:
        raise refused(131209)


def _size(image: bytes) -> tuple[int, int] | None:
    """Width and height, from the JPEG's first frame header."""
    position = 2
    while position + 9 <= len(image) and image[position] == 0xFF:
        marker = image[position + 1]
        if marker in FRAMES:
            height = int.from_bytes(image[position + 5 : position + 7])
            width = int.from_bytes(image[position + 7 : position + 9])
            return width, height
        position += 2 + int.from_bytes(image[position + 2 : position + 4])
    return None
