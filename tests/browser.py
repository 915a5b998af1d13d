"""A real browser for tests: Debian's Chromium, which Playwright drives by its path.

What a page complains of while a test uses it fails the test, unless the test expects it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    FloatRect,
    Locator,
    Page,
    Request,
    WebError,
    async_playwright,
    expect,
)

from .packages import npm_packages

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Only what goes wrong waits so long; a busy machine has answered after seconds.
DEADLINE_MS = 75_000
# Chromium draws what its address line would offer in a process of its own for each context, which
# took twice as long as a test's own page; and it keeps another for a page that may come.
NOT_NEEDED = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess")
# The last switch of a name counts: so this is what Playwright 1.65 says there, too.
WITHOUT = (
    *NOT_NEEDED,
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "TcpPortRandomizationWin",
    "ThirdPartyStoragePartitioning",
)
SWITCHES = ("--disable-gpu", f"--disable-features={','.join(WITHOUT)}")
LOOK: dict[str, Any] = {
    "viewport": {"width": 1280, "height": 800},
    "color_scheme": "light",
    "locale": "en-US",
}
WATCHING = """(() => {
    const seen = {longestTaskMs: 0, layoutShift: 0};
    const take = (entries) => entries.forEach((entry) => {
        if (entry.entryType === 'longtask') {
            seen.longestTaskMs = Math.max(seen.longestTaskMs, entry.duration);
        } else if (!entry.hadRecentInput) {
            seen.layoutShift += entry.value;
        }
    });
    const observers = ['longtask', 'layout-shift'].map((type) => {
        const observer = new PerformanceObserver((list) => take(list.getEntries()));
        observer.observe({type, buffered: true});
        return observer;
    });
    window.takeSmoothness = () => {
        observers.forEach((observer) => take(observer.takeRecords()));
        const taken = {...seen};
        seen.longestTaskMs = seen.layoutShift = 0;
        return taken;
    };
})()"""
# So many looks at something, two frames apart each, have to find it in the same place.
STEADY = 4
TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Frames are pages of their own.
AXE = "axe.run(document, {resultTypes: ['violations'], iframes: false})"
# What turns for ever is not waited for; what was cut short has ended, too.
ANIMATED = """Promise.allSettled(document.getAnimations()
    .filter((each) => each.effect.getComputedTiming().endTime !== Infinity)
    .map((each) => each.finished))"""

expect.set_options(timeout=DEADLINE_MS)
# Whatever is run of Playwright, it fetches no browser.
os.environ["PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD"] = "1"


@asynccontextmanager
async def launched() -> AsyncGenerator[Browser]:
    """A headless browser, for as long as the context lasts."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise FileNotFoundError("No Chromium here: install the Debian package chromium.")
    async with (
        async_playwright() as playwright,
        await playwright.chromium.launch(
            executable_path=found, args=SWITCHES, timeout=DEADLINE_MS
        ) as browser,
    ):
        yield browser


class Visitor:
    """Opens pages, and keeps what they asked for and what they complained of."""

    def __init__(self, browser: Browser, screenshots: Path) -> None:
        self._browser = browser
        self._screenshots = screenshots
        self._contexts: list[BrowserContext] = []
        self._expected: list[str] = []
        self.complaints: list[str] = []
        """Errors and warnings of scripts, of the network and of the content security policy."""
        self.requests: list[str] = []

    async def open(self, url: str, **look: Any) -> Page:
        """A page in a context of its own; `look` is what Playwright's new_context takes."""
        page = await (await self.context(**look)).new_page()
        await page.goto(url)
        return page

    async def context(self, **look: Any) -> BrowserContext:
        """Somebody with cookies of their own, in whose browser any number of pages are opened."""
        context = await self._browser.new_context(**{**LOOK, **look})
        self._contexts.append(context)
        context.set_default_timeout(DEADLINE_MS)
        context.on("console", self._note_console)
        context.on("weberror", self._note_error)
        context.on("request", self._note_request)
        await context.add_init_script(WATCHING)
        return context

    def expect_complaints(self, *parts: str) -> None:
        """Say that a complaint with one of these texts in it is no fault."""
        self._expected.extend(parts)

    @property
    def unexpected(self) -> list[str]:
        return [
            complaint
            for complaint in self.complaints
            if not any(part in complaint for part in self._expected)
        ]

    async def screenshot(self, page: Page, name: str, **options: Any) -> Path:
        """A picture of what can be seen, as NAME.png in the folder for them."""
        path = self._screenshots / f"{name}.png"
        await page.screenshot(path=path, animations="disabled", **options)
        return path

    async def leave(self) -> None:
        """Close all pages; whoever serves them has it done before the end."""
        while self._contexts:
            await self._contexts.pop().close()

    def _note_console(self, message: ConsoleMessage) -> None:
        # Chromium also writes here which requests failed and what the policy forbade.
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} {message.location['url']}".strip())

    def _note_error(self, error: WebError) -> None:
        self.complaints.append(str(error.error))

    def _note_request(self, request: Request) -> None:
        self.requests.append(request.url)


@asynccontextmanager
async def visiting(browser: Browser, screenshots: Path) -> AsyncGenerator[Visitor]:
    """A visitor whose pages must have had no unexpected reason to complain in the end."""
    visitor = Visitor(browser, screenshots)
    try:
        yield visitor
    finally:
        await visitor.leave()
    if visitor.unexpected:
        raise AssertionError("\n".join(["The page complained:", *visitor.unexpected]))


async def until_holds(page: Page, holds: str) -> None:
    """Wait for an expression in JavaScript to hold on a page.

    Playwright's `wait_for_function` evaluates on the page itself from the second look on,
    which the content security policy of our pages forbids.
    """
    async with asyncio.timeout(DEADLINE_MS / 1000):
        while not await page.evaluate(holds):
            await page.evaluate(TWO_FRAMES)


async def at_rest(locator: Locator) -> FloatRect:
    """Where something is on its page, when it stays there."""
    box, steady = await locator.bounding_box(), 0
    async with asyncio.timeout(DEADLINE_MS / 1000):
        while box is None or steady < STEADY:
            await locator.page.evaluate(TWO_FRAMES)
            before, box = box, await locator.bounding_box()
            steady = steady + 1 if box == before else 0
    return box


async def violations(page: Page) -> list[str]:
    """What stands in the way of people who use a keyboard or a screen reader, a line each."""
    # What is half seen through has the contrast of nothing in particular.
    await page.evaluate(ANIMATED)
    await page.evaluate(_axe())
    found = await page.evaluate(AXE)
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']}: {node['html'][:200]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@cache
def _axe() -> str:
    return (npm_packages() / "axe-core" / "axe.min.js").read_text()


@dataclass(frozen=True)
class Smoothness:
    """How a page felt for a while."""

    longest_task_ms: float
    """The longest task of at least 50 ms, for which nothing else happened on the page; or 0."""
    layout_shift: float
    """The sum of the shifts that no click and no key had caused just before."""


async def smoothness(page: Page) -> Smoothness:
    """How the page was since it was loaded, or since this was asked last."""
    await page.evaluate(TWO_FRAMES)
    taken = await page.evaluate("takeSmoothness()")
    return Smoothness(taken["longestTaskMs"], taken["layoutShift"])
