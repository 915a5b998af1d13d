"""Files that Meta shows to whoever has their address: profile pictures, QR codes, Flow JSON."""

from __future__ import annotations

from starlette.responses import Response

from ...world.belongings import QrCode
from ...world.world import World
from . import qr_image

PATH = "/scontent/"
SHORT_LINK = "https://wa.me/message/{}"
# These bytes came from outside: a browser may show them and do nothing else with them.
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}
IMAGE_TYPES = {"SVG": "image/svg+xml", "PNG": "image/png"}


def address(base_url: str, kind: str, name: str) -> str:
    return f"{base_url}{PATH}{kind}/{name}"


def open_file(world: World, path: str) -> Response:
    """Answer one of those addresses; the names in them are not to be guessed."""
    kind, _, name = path.removeprefix(PATH).partition("/")
    find = {"qr": _qr_code, "picture": _picture, "flow": _flow}.get(kind)
    found = find(world, name) if find is not None and name else None
    if found is None:
        return Response("URL signature mismatch", 403, media_type="text/plain")
    content, content_type = found
    return Response(content, headers=HEADERS, media_type=content_type)


def _qr_code(world: World, name: str) -> tuple[bytes, str] | None:
    code, _, form = name.rpartition(".")
    content_type = IMAGE_TYPES.get(form.upper())
    if content_type is None or _known(world, code) is None:
        return None
    draw = qr_image.svg if form.upper() == "SVG" else qr_image.png
    return draw(SHORT_LINK.format(code)), content_type


def _known(world: World, code: str) -> QrCode | None:
    every = (number.qr_codes.get(code) for number in world.numbers.values())
    return next((found for found in every if found is not None), None)


def _picture(world: World, key: str) -> tuple[bytes, str] | None:
    for number in world.numbers.values():
        profile = number.profile
        if profile.picture is not None and profile.picture_key == key:
            return profile.picture, profile.picture_type
    return None


def _flow(world: World, key: str) -> tuple[bytes, str] | None:
    for flow in world.flows.values():
        if flow.key == key and flow.source is not None:
            return flow.source.encode(), "application/json"
    return None
