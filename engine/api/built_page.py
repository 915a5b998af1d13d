"""The page as its build left it: one document, and the assets that it names by their content."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

INDEX, ASSETS, ZIPPED = "index.html", "assets", ".gz"
# Of a build's own kinds, so that no table of the system's decides what a browser is told.
MEDIA_TYPES = {
    ".css": "text/css",
    ".ico": "image/vnd.microsoft.icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
UNKNOWN_TYPE = "application/octet-stream"
# Name, time and size of each file: another build is seen by it.
Stamp = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Asset:
    """One file; `zipped` is what the build made of it for browsers that take gzip."""

    media_type: str
    content: bytes
    zipped: bytes | None


@dataclass(frozen=True)
class Build:
    """Everything that one build made."""

    stamp: Stamp
    index: str
    assets: Mapping[str, Asset]


class BuiltPage:
    """A folder with a build, held in memory: whoever reads slowly keeps no file open.

    It is read when it is first asked for, and again when somebody has built it anew. While a build
    goes on, and after the folder was emptied, the one before is served.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._build: Build | None = None

    async def index(self) -> str | None:
        """Return the document, or None if the page was never built."""
        build = await self._newest()
        return None if build is None else build.index

    async def asset(self, name: str) -> Asset | None:
        if self._build is not None and name in self._build.assets:
            return self._build.assets[name]
        build = await self._newest()
        return None if build is None else build.assets.get(name)

    async def _newest(self) -> Build | None:
        self._build = await asyncio.to_thread(_read, self._folder, self._build) or self._build
        return self._build


def _read(folder: Path, known: Build | None) -> Build | None:
    try:
        files = sorted(each for each in (folder / ASSETS).iterdir() if each.is_file())
        stamp = tuple(map(_mark, (folder / INDEX, *files)))
        if known is not None and known.stamp == stamp:
            return known
        index = (folder / INDEX).read_text("utf-8")
        contents = {each.name: each.read_bytes() for each in files}
    except FileNotFoundError:
        return None
    assets = {
        name: Asset(
            MEDIA_TYPES.get(Path(name).suffix, UNKNOWN_TYPE), content, contents.get(name + ZIPPED)
        )
        for name, content in contents.items()
        if not name.endswith(ZIPPED)
    }
    return Build(stamp, index, assets)


def _mark(file: Path) -> tuple[str, int, int]:
    found = file.stat()
    return file.name, found.st_mtime_ns, found.st_size
