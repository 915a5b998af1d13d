"""For tests: a sandbox on a free port with its clock in hand, and an endpoint for webhooks."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from .gateway.server import Sandbox, create_app, run
from .protocol.shapes import Json
from .world import seed
from .world.world import World

# Only what goes wrong waits so long; a busy machine has answered after seconds.
DEADLINE_S = 60.0


@dataclass
class RunningSandbox:
    """A sandbox behind a real socket, and its world for whoever wants to look inside."""

    url: str
    app: Sandbox

    @property
    def world(self) -> World:
        return self.app.world

    def graph(self, token: str | None = seed.SYSTEM_USER_TOKEN) -> httpx.AsyncClient:
        """A client of the Graph API, with the seeded system user's token unless told otherwise."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(
            base_url=f"{self.url}/v25.0",
            headers=headers,
            trust_env=False,
            verify=False,
            timeout=DEADLINE_S,
        )

    def controls(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=f"{self.url}/_sandbox", trust_env=False, verify=False, timeout=DEADLINE_S
        )


@dataclass(frozen=True)
class Post:
    """One webhook as it arrived, to the byte."""

    body: bytes
    signature: str

    def is_signed_with(self, app_secret: str) -> bool:
        wanted = hmac.new(app_secret.encode(), self.body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(self.signature, f"sha256={wanted}")

    def values(self) -> list[Json]:
        parsed = json.loads(self.body)
        return [change["value"] for entry in parsed["entry"] for change in entry["changes"]]


class Receiver:
    """A callback: it shakes hands, keeps what it gets, and answers as it is told."""

    def __init__(self, verify_token: str = seed.VERIFY_TOKEN) -> None:
        self.verify_token = verify_token
        self.url = ""
        self.posts: list[Post] = []
        self.answers: deque[int] = deque()
        """HTTP statuses for the next posts; 200 when there is none left."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
            return
        request = Request(scope, receive)
        answer = (
            self._shake_hands(request) if request.method == "GET" else await self._take(request)
        )
        await answer(scope, receive, send)

    def items(self, part: str) -> list[Json]:
        """All messages or all statuses so far, in the order they came."""
        accepted = [value for post in self.posts for value in post.values()]
        return [item for value in accepted for item in value.get(part, [])]

    async def wait_for(self, part: str, count: int) -> list[Json]:
        await until(lambda: len(self.items(part)) >= count)
        return self.items(part)

    def _shake_hands(self, request: Request) -> Response:
        query = request.query_params
        if query.get("hub.verify_token") != self.verify_token:
            return PlainTextResponse("wrong token", 403)
        return PlainTextResponse(query.get("hub.challenge", ""))

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        self.posts.append(Post(body, request.headers.get("x-hub-signature-256", "")))
        return PlainTextResponse("", self.answers.popleft() if self.answers else 200)


@asynccontextmanager
async def running_sandbox(world: World | None = None) -> AsyncGenerator[RunningSandbox]:
    """A sandbox of its own for one test, on a free port of the loopback."""
    app = create_app(world)
    async with serving(app) as url:
        yield RunningSandbox(url, app)


@asynccontextmanager
async def receiving(verify_token: str = seed.VERIFY_TOKEN) -> AsyncGenerator[Receiver]:
    """A webhook endpoint on a free port of the loopback."""
    receiver = Receiver(verify_token)
    async with serving(receiver) as url:
        receiver.url = f"{url}/callback"
        yield receiver


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncGenerator[str]:
    """Serve an application while the block runs; gives its address."""
    started: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(run(app, "127.0.0.1", 0, on_started=started.set_result))
    first: set[asyncio.Future[Any]] = {started, server}
    await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
    if server.done():
        server.result()
    try:
        yield started.result()
    finally:
        server.cancel()
        await asyncio.wait({server})


async def until(holds: Callable[[], bool], deadline_s: float = DEADLINE_S) -> None:
    """Wait for a condition; fail when it does not come true in time."""
    end = time.monotonic() + deadline_s
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError("the condition did not come true in time")
        await asyncio.sleep(0.002)


async def _live(receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
