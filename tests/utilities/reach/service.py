"""A service on the loopback, which remembers what it was asked and answers as a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Asked:
    """A request that has arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Service:
    """`answers` are by path; `asked` is everything that has come, in order."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    asked: list[Asked] = field(default_factory=list[Asked])
    is_over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[tuple[str, str]]:
        return [(each.method, each.path) for each in self.asked]

    def gives(self, path: str, *answers: web.Response | Answer) -> None:
        """Answer a path with each of these in turn, then with the last one."""
        left = list(answers)

        async def answer(request: web.Request) -> web.StreamResponse:
            found = left.pop(0) if len(left) > 1 else left[0]
            if not isinstance(found, web.Response):
                return await found(request)
            # One answer object is for one request.
            return web.Response(status=found.status, body=found.body, headers=found.headers)

        self.answers[path] = answer

    async def hang(self, request: web.Request) -> web.StreamResponse:
        await self.is_over.wait()
        return web.Response()

    async def break_off(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        self.asked.append(Asked(request.method, request.path_qs, headers, body))
        return await self.answers[request.path](request)
