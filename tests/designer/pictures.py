"""The README's pictures of the page at work: `python -m tests.designer.pictures`, run by hand."""

from __future__ import annotations

import asyncio
import struct
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.async_api import Page, expect

from appmixer.demo import rehearsal
from appmixer.engine.settings import Settings, Simulator
from appmixer.sandbox.testing import running_sandbox

from ..browser import Visitor, launched
from .conftest import Site, beside, environment
from .setting_up import in_use
from .situations import connected
from .test_first_minutes import SEARCH, runs, started

DOCS = Path(__file__).parents[2] / "docs"
FRAME_MS = 1_800
LOOK = {"viewport": {"width": 1440, "height": 900}}
PNG_MARK = b"\x89PNG\r\n\x1a\n"


async def take() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with launched() as browser, running_sandbox() as sandbox:
            settings = Settings(
                data=Path(folder),
                environment=environment(sandbox.url),
                port=0,
                simulator=Simulator(rehearsal.page(sandbox.url), rehearsal.LABEL),
            )
            async with beside(sandbox, settings) as site:
                callback = site.url + rehearsal.ENGINE_EVENTS
                await site.controls.post("/webhook", json={"callbackUrl": callback})
                await in_use(site)
                await connected(site)
                visitor = Visitor(browser, DOCS)
                frames = await built(visitor, site)
                await visitor.leave()
    (DOCS / "designer.png").write_bytes(frames[-1])
    (DOCS / "building.png").write_bytes(animated(frames, FRAME_MS))


async def built(visitor: Visitor, site: Site) -> list[bytes]:
    """A flow from nothing to a reply that has been read, a picture for each step."""
    await site.api.put("/api/flows/auto-reply/draft", json={"name": "Auto-reply", "components": {}})
    page = await visitor.open(await site.link("/flows/auto-reply"), **LOOK)
    phone = page.frame_locator("iframe")
    frames = [await look(page)]

    await page.get_by_role("application").or_(page.locator(".react-flow__pane")).first.click()
    await page.keyboard.press("Tab")
    await page.get_by_placeholder(SEARCH).fill("new message")
    frames.append(await look(page))
    await page.get_by_role("option", name="New Message").first.click()
    frames.append(await look(page))
    await page.locator('[data-step="newMessage"]').click()
    await page.keyboard.press("Tab")
    await page.get_by_placeholder(SEARCH).fill("send text")
    frames.append(await look(page))
    await page.get_by_role("option", name="Send Text Message").first.click()
    text = page.locator('[data-path="text"]')
    await text.get_by_label("Message Text").fill("You said: ")
    frames.append(await look(page))
    await text.get_by_role("button", name="Insert a value").click()
    picker = page.get_by_role("dialog", name="Insert a value")
    await picker.get_by_role("searchbox").fill("body")
    frames.append(await look(page))
    await picker.get_by_role("button", name="Body").first.click()
    await expect(page.get_by_text("Draft saved")).to_be_visible()
    frames.append(await look(page))
    await page.get_by_role("button", name="Start flow").click()
    await started(page)
    await phone.get_by_label("Message", exact=True).fill("Do you have it in blue?")
    frames.append(await look(page))
    await phone.get_by_label("Message", exact=True).press("Enter")
    await expect(phone.get_by_text("You said: Do you have it in blue?", exact=True)).to_be_visible()
    await runs(page).get_by_role("listitem").first.get_by_role("link").click()
    chosen = page.get_by_role("region", name="The chosen run")
    await site.controls.post("/clock", json={"advanceS": 5})
    await expect(chosen).to_contain_text("read")
    return [*frames, await look(page)]


async def look(page: Page) -> bytes:
    # What is said of what was done passes by itself.
    await page.wait_for_timeout(4_500)
    return await page.screenshot(animations="disabled")


def animated(frames: Sequence[bytes], frame_ms: int) -> bytes:
    """One animated PNG of pictures of one size (https://www.w3.org/TR/png-3/#apng-frame-based-animation)."""
    header = next(body for kind, body in chunks(frames[0]) if kind == b"IHDR")
    out = [PNG_MARK, chunk(b"IHDR", header), chunk(b"acTL", struct.pack(">II", len(frames), 0))]
    number = 0
    for position, frame in enumerate(frames):
        control = (number, *struct.unpack(">II", header[:8]), 0, 0, frame_ms, 1000, 0, 0)
        out.append(chunk(b"fcTL", struct.pack(">IIIIIHHBB", *control)))
        number += 1
        for kind, body in chunks(frame):
            if kind != b"IDAT":
                continue
            if position == 0:
                out.append(chunk(b"IDAT", body))
            else:
                out.append(chunk(b"fdAT", struct.pack(">I", number) + body))
                number += 1
    return b"".join([*out, chunk(b"IEND", b"")])


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(PNG_MARK)
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        at += size + 12


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


if __name__ == "__main__":
    asyncio.run(take())
