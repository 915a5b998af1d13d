"""The QR code of a short link, as SVG or PNG."""

from __future__ import annotations

import io

import segno

SCALE = 10
QUIET_ZONE = 4


def svg(text: str) -> bytes:
    return _saved(text, "svg")


def png(text: str) -> bytes:
    return _saved(text, "png")


def _saved(text: str, kind: str) -> bytes:
    image = io.BytesIO()
    # Error correction M, as Meta's own images have it; never a Micro QR code, which few read.
    code = segno.make_qr(text, error="m", boost_error=False)
    code.save(image, kind=kind, scale=SCALE, border=QUIET_ZONE, light="white")
    return image.getvalue()
