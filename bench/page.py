"""How long the page takes to open, and how it moves with a flow of 300 steps, in a real browser."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from appmixer.engine.accounts.api_token import TOKEN_FILE
from appmixer.engine.settings import BUILT_PAGE

from .figures import Figures, Target, median, rounded
from .processes import free_port
from .start_up import engine

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FIRST_LOAD_KB = 400.0
OPENING_MS = 100.0
DRAGGING_MS = 50.0
STEPS, FEW = 300, 10
DRAGGED = "step148"
MOVES = 90
PAUSE_MS = 12
AFTERWARDS_MS = 1_000
DEADLINE_MS = 60_000
LONG = f"flow of {STEPS} steps"
# It is interactive when what it is opened for is drawn, and the browser has nothing to do.
WATCHING = """((selector) => {
    const seen = window.benchSeen = {readyMs: 0, longestTaskMs: 0, frames: 0};
    const observer = new PerformanceObserver((list) => {
        for (const {duration} of list.getEntries()) {
            seen.longestTaskMs = Math.max(seen.longestTaskMs, duration);
        }
    });
    observer.observe({type: 'longtask', buffered: true});
    const look = () => {
        seen.frames += 1;
        if (!seen.isDrawn && document.querySelector(selector)) {
            seen.isDrawn = true;
            requestIdleCallback(() => { seen.readyMs = performance.now(); });
        }
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})"""
SIZE = """['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type))
    .filter(({entryType, name}) => entryType === 'navigation' || name.includes('/assets/'))
    .reduce((sum, {encodedBodySize}) => sum + encodedBodySize, 0)"""


@dataclass(frozen=True)
class Opening:
    ready_ms: float
    longest_task_ms: float
    size: float


def measure(opens: int, folder: Path) -> tuple[Figures, list[Target]]:
    """Open pages of an engine that knows a short and a long flow, and move the long one."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        return {"missing": "Chromium is not installed: apt-get install chromium."}, []
    if not (BUILT_PAGE / "index.html").exists():
        return {"missing": "The page is not built: make designer builds it."}, []
    port = free_port()
    with ExitStack() as stack:
        stack.enter_context(engine(folder, port))
        token = (folder / TOKEN_FILE).read_text().strip()
        client = stack.enter_context(
            httpx.Client(
                base_url=f"http://127.0.0.1:{port}",
                headers={"Authorization": f"Bearer {token}"},
                trust_env=False,
            )
        )
        _store(client, "few", FEW)
        _store(client, "long", STEPS)
        playwright = stack.enter_context(sync_playwright())
        browser = stack.enter_context(
            playwright.chromium.launch(executable_path=found, args=["--disable-gpu"])
        )
        return _measured(browser, client, opens)


def _measured(browser: Browser, client: httpx.Client, opens: int) -> tuple[Figures, list[Target]]:
    places = {
        "list of flows": ("/", 'main a[href="/flows/long"]'),
        f"flow of {FEW} steps": ("/flows/few", "[data-step]"),
        LONG: ("/flows/long", "[data-step]"),
    }
    pages: Figures = {}
    sizes: list[float] = []
    for name, (path, selector) in places.items():
        cold: list[Opening] = []
        warm: list[Opening] = []
        for _ in range(opens):
            context = _signed_in(browser, client, selector)
            cold.append(_opened(context, client, path))
            warm.append(_opened(context, client, path))
            context.close()
        sizes += [each.size for each in cold]
        pages[name] = {
            "coldMs": _median(each.ready_ms for each in cold),
            "warmMs": _median(each.ready_ms for each in warm),
            "longestTaskMs": _median(each.longest_task_ms for each in cold),
        }
    moved = [_moved(browser, client) for _ in range(opens)]
    moving: Figures = {
        name: {key: _median(each[name][key] for each in moved) for key in moved[0][name]}
        for name in moved[0]
    }
    figures: Figures = {
        "opens": opens,
        "firstLoadKb": rounded(max(sizes) / 1000),
        "pages": pages,
        "moving": moving,
    }
    dragging = max(each["longestTaskMs"] for name, each in moving.items() if "drag" in name)
    opening = pages[LONG]["longestTaskMs"]
    return figures, [
        Target("first load of the page, kB", figures["firstLoadKb"], FIRST_LOAD_KB),
        Target(f"opening {STEPS} steps, longest task, ms", opening, OPENING_MS),
        Target("dragging one of them, longest task, ms", dragging, DRAGGING_MS),
    ]


def _signed_in(browser: Browser, client: httpx.Client, selector: str) -> BrowserContext:
    """Somebody with a session, whose browser has loaded nothing yet."""
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="en-US")
    context.set_default_timeout(DEADLINE_MS)
    context.add_init_script(f"{WATCHING}({json.dumps(selector)})")
    link = client.post("/api/links", json={"path": "/"}).raise_for_status().json()["url"]
    context.request.get(link)
    return context


def _opened(context: BrowserContext, client: httpx.Client, path: str) -> Opening:
    page = _page(context, client, path)
    seen = _taken(page)
    opening = Opening(seen["readyMs"], seen["longestTaskMs"], page.evaluate(SIZE))
    page.close()
    return opening


def _page(context: BrowserContext, client: httpx.Client, path: str) -> Page:
    """A page that is ready, and has had a moment more in which it could still be busy."""
    page = context.new_page()
    page.goto(str(client.base_url.join(path)))
    deadline = time.monotonic() + DEADLINE_MS / 1000
    while not page.evaluate("benchSeen.readyMs"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path} was not ready after {DEADLINE_MS / 1000:g} s")
        page.wait_for_timeout(PAUSE_MS)
    page.wait_for_timeout(AFTERWARDS_MS)
    return page


def _taken(page: Page) -> Figures:
    """What was seen since the page was opened, or since this was asked last."""
    seen: Figures = page.evaluate(
        "(() => { const seen = {...benchSeen}; benchSeen.longestTaskMs = 0; return seen; })()"
    )
    return seen


def _moved(browser: Browser, client: httpx.Client) -> Figures:
    """Drag one of many steps, from near and with all of them in view, and move them all."""
    _store(client, "long", STEPS)
    context = _signed_in(browser, client, "[data-step]")
    page = _page(context, client, "/flows/long")
    figures = {"dragging, near by": _felt(page, partial(_drag, page, "step2"))}
    page.get_by_role("button", name="Zoom to fit").click()
    page.locator(f'[data-step="{DRAGGED}"]').click()
    page.wait_for_timeout(AFTERWARDS_MS)
    figures["dragging, all in view"] = _felt(page, partial(_drag, page, DRAGGED))
    figures["moving the ground"] = _felt(page, partial(_pan, page))
    context.close()
    return figures


def _felt(page: Page, move: Callable[[], None]) -> Figures:
    before, started = _taken(page)["frames"], time.perf_counter()
    move()
    after, duration_s = _taken(page), time.perf_counter() - started
    return {
        "framesPerSecond": (after["frames"] - before) / duration_s,
        "longestTaskMs": after["longestTaskMs"],
    }


def _drag(page: Page, step: str) -> None:
    box = page.locator(f'[data-step="{step}"]').bounding_box()
    if box is None:
        raise RuntimeError(f"{step} is not drawn")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for at in range(MOVES):
        page.mouse.move(x + at, y + at / 2)
        page.wait_for_timeout(PAUSE_MS)
    page.mouse.up()


def _pan(page: Page) -> None:
    for at in range(MOVES):
        page.mouse.wheel(4 if at < MOVES / 2 else -4, 2)
        page.wait_for_timeout(PAUSE_MS)


def _median(values: Iterable[float]) -> float:
    return rounded(median([*values]))


def _store(client: httpx.Client, name: str, steps: int) -> None:
    client.put(f"/api/flows/{name}/draft", json=_chain(steps)).raise_for_status()


def _chain(length: int) -> Figures:
    """A flow of one step after another, in rows of twenty."""
    components: Figures = {
        "begin": {"type": "appmixer.utilities.OnStart", "position": {"x": 0, "y": 0}}
    }
    earlier, port = "begin", "started"
    for at in range(1, length):
        components[f"step{at}"] = {
            "type": "appmixer.utilities.Delay",
            "source": {"in": {earlier: [port]}},
            "input": {"amount": at},
            "position": {"x": at % 20 * 320, "y": at // 20 * 140},
        }
        earlier, port = f"step{at}", "out"
    return {"name": f"{length} steps", "components": components}
