"""A page as its build leaves it, small."""

from __future__ import annotations

import gzip
from pathlib import Path

INDEX = """<!doctype html><html lang="en"><head><title>Designer</title>
<meta property="csp-nonce" nonce="CSP_NONCE">
<script type="module" nonce="CSP_NONCE" src="/assets/index-a1.js"></script></head>
<body><div id="root"></div></body></html>
"""
SCRIPT = "document.title = 'Designer';\n" * 100
# Not text, so the build zips it not.
ASSETS = {
    "index-a1.js": SCRIPT.encode(),
    "index-b2.css": b"body { margin: 0 }\n",
    "logo-c3.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "text-d4.woff2": b"wOF2",
    "odd-e5.blob": b"?",
}


def build_page(folder: Path) -> Path:
    """Write the page into the folder, and return the folder."""
    assets = folder / "assets"
    assets.mkdir(parents=True)
    for name, content in ASSETS.items():
        (assets / name).write_bytes(content)
    (assets / "index-a1.js.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    (folder / "index.html").write_text(INDEX, "utf-8")
    return folder
