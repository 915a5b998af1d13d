"""A headless Chromium, driven over its DevTools protocol: open, look, click, type, attach.

The protocol needs no more than a web socket, so no driver with a browser of its own is installed.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
DEADLINE_S = 75.0
KEYS = {
    "Enter": (13, "\r"),
    "Escape": (27, ""),
    "Tab": (9, ""),
    "ArrowRight": (39, ""),
    "ArrowLeft": (37, ""),
}

Json = dict[str, Any]


@contextmanager
def chromium(folder: Path) -> Generator[str]:
    """Run a browser with its settings in `folder`; gives the address of its protocol."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise FileNotFoundError("No Chromium here: install the Debian package chromium.")
    process = subprocess.Popen(
        [found, *SWITCHES, f"--user-data-dir={folder}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield _address(process, folder / "DevToolsActivePort")
    finally:
        process.terminate()
        process.wait(DEADLINE_S)


def _address(process: subprocess.Popen[bytes], port_file: Path) -> str:
    end = time.monotonic() + DEADLINE_S
    while process.poll() is None and time.monotonic() < end:
        lines = port_file.read_text().split() if port_file.exists() else []
        if len(lines) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(0.01)
    raise TimeoutError("Chromium did not open its protocol.")


@asynccontextmanager
async def opened(address: str, url: str, **look: Any) -> AsyncGenerator[Page]:
    """A tab of its own, without anything of other tabs, at `url`; see Page.look_like."""
    async with connect(address, max_size=None) as socket:
        page = Page(socket)
        listening = asyncio.create_task(page.listen())
        context = (await page.browser("Target.createBrowserContext"))["browserContextId"]
        try:
            await page.attach(context)
            await page.look_like(**look)
            await page.go(url)
            yield page
        finally:
            await page.browser("Target.disposeBrowserContext", browserContextId=context)
            listening.cancel()
            await asyncio.wait({listening})


class Page:
    """One tab: what it shows, what it complained about, and fingers to use it with."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Json]] = {}
        self._session = ""
        self.complaints: list[str] = []
        """Errors of scripts, of the network and of the content security policy."""
        self.requests: list[str] = []

    async def listen(self) -> None:
        async for raw in self._socket:
            message: Json = json.loads(raw)
            if "id" in message:
                self._answers.pop(message["id"]).set_result(message)
            else:
                self._note(message["method"], message.get("params", {}))

    async def attach(self, context: str) -> None:
        target = await self.browser(
            "Target.createTarget", url="about:blank", browserContextId=context
        )
        attached = await self.browser(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "DOM", "Network"):
            await self.ask(f"{domain}.enable")

    async def look_like(
        self, *, width: int = 1280, height: int = 800, scheme: str = "light"
    ) -> None:
        await self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        await self.ask("Emulation.setEmulatedMedia", features=features)

    async def go(self, url: str) -> None:
        await self.ask("Page.navigate", url=url)
        await self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    async def see(self, expression: str) -> Any:
        """The value of an expression in the page."""
        answer = await self.ask(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise AssertionError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    async def until(self, expression: str, deadline_s: float = DEADLINE_S) -> Any:
        """Wait until an expression is true, and give its value."""
        end = time.monotonic() + deadline_s
        while True:
            value = await self.see(expression)
            if value:
                return value
            if time.monotonic() > end:
                shown = await self.see("document.body.innerText")
                raise TimeoutError(f"never true: {expression}\n{shown}\n{self.complaints}")
            await asyncio.sleep(0.02)

    async def until_shown(self, selector: str, text: str = "") -> None:
        await self.until(f"!!({_find(selector, text)})")

    async def click(self, selector: str, text: str = "") -> None:
        """Press and release the mouse in the middle of the last match that can be seen."""
        await self.until_shown(selector, text)
        box = await self.until(_resting_place(_find(selector, text)))
        for kind in ("mousePressed", "mouseReleased"):
            await self.ask(
                "Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **box
            )

    async def write(self, text: str) -> None:
        """Type into what has the focus."""
        await self.ask("Input.insertText", text=text)

    async def press(self, key: str) -> None:
        code, text = KEYS[key]
        await self.ask(
            "Input.dispatchKeyEvent", type="keyDown", key=key, text=text, windowsVirtualKeyCode=code
        )
        await self.ask("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    async def attach_files(self, selector: str, paths: Sequence[Path]) -> None:
        found = await self.ask(
            "Runtime.evaluate", expression=f"document.querySelector({json.dumps(selector)})"
        )
        await self.ask(
            "DOM.setFileInputFiles",
            files=[str(path) for path in paths],
            objectId=found["result"]["objectId"],
        )

    async def picture(self) -> bytes:
        shot = await self.ask("Page.captureScreenshot", format="png")
        return base64.b64decode(shot["data"])

    async def ask(self, method: str, **parameters: Any) -> Json:
        return await self._send(method, parameters, self._session)

    async def browser(self, method: str, **parameters: Any) -> Json:
        return await self._send(method, parameters, "")

    async def _send(self, method: str, parameters: Json, session: str) -> Json:
        number = next(self._numbers)
        call: Json = {"id": number, "method": method, "params": parameters}
        if session:
            call["sessionId"] = session
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps(call))
        message = await asyncio.wait_for(answer, DEADLINE_S)
        if "error" in message:
            raise AssertionError(f"{method}: {message['error']}")
        result: Json = message["result"]
        return result

    def _note(self, method: str, event: Json) -> None:
        if method == "Runtime.exceptionThrown":
            details: Json = event["exceptionDetails"]
            thrown = details.get("exception", {}).get("description", "")
            self.complaints.append(f"{details['text']} {thrown}")
        elif method == "Runtime.consoleAPICalled" and event["type"] in ("error", "warning"):
            said = [str(part.get("value", part.get("description"))) for part in event["args"]]
            self.complaints.append(" ".join(said))
        elif method == "Log.entryAdded" and event["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{event['entry']['text']} {event['entry'].get('url', '')}")
        elif method == "Network.requestWillBeSent":
            self.requests.append(event["request"]["url"])


def _find(selector: str, text: str) -> str:
    """The expression for the last visible match of a selector that contains a text."""
    return (
        f"[...document.querySelectorAll({json.dumps(selector)})].filter(one => "
        f"one.checkVisibility() && one.textContent.includes({json.dumps(text)})).at(-1)"
    )


def _resting_place(found: str) -> str:
    """The middle of an element that is in view and did not move for two frames; else null."""
    return f"""(async () => {{
        const frame = () => new Promise((done) => requestAnimationFrame(done));
        const place = () => {{
            const one = {found};
            one?.scrollIntoView({{block: 'nearest', inline: 'nearest'}});
            const box = one?.getBoundingClientRect();
            return box && {{x: box.x + box.width / 2, y: box.y + box.height / 2}};
        }};
        const before = place();
        await frame();
        await frame();
        const after = place();
        const isStill = before && after && before.x === after.x && before.y === after.y;
        return isStill ? after : null;
    }})()"""
