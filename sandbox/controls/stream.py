"""What happens in the sandbox as server-sent events, for pages and the command line."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator

from fastapi import FastAPI
from starlette.responses import StreamingResponse

from ..behaviour.people.people import shown_message
from ..protocol.shapes import Json
from ..world.call_log import GraphCall
from ..world.clock import Clock
from ..world.deliveries import Delivery
from ..world.entities import Message, Person
from ..world.feed import EventKind
from ..world.settings import Settings
from ..world.world import World
from .views import shown_call, shown_clock, shown_delivery, shown_person

MAX_WAITING = 2000
KEEP_ALIVE_S = 15.0
# A browser that lost the stream comes back after so many milliseconds.
PREAMBLE = b"retry: 1000\n\n"
KEEP_ALIVE = b": still here\n\n"


class Listening:
    """One listener's events, written down as they happen and fetched when it has time.

    Whoever is too slow for them is told how many it missed, and goes on with the newest.
    """

    def __init__(self, world: World, most: int = MAX_WAITING) -> None:
        self._world = world
        self._most = most
        self._waiting: deque[bytes] = deque()
        self._lost = 0
        self._has_ended = False
        self._woken = asyncio.Event()

    def hear(self, kind: EventKind, subject: object) -> None:
        self._woken.set()
        if kind == "end":
            self._has_ended = True
        elif len(self._waiting) >= self._most:
            self._lost += 1
        else:
            for told in shown_event(self._world, kind, subject):
                self._waiting.append(written(kind, told))

    async def events(self) -> AsyncGenerator[bytes]:
        """Everything from the moment the first piece is taken until the sandbox stops."""
        self._world.feed.listen(self.hear)
        try:
            yield PREAMBLE
            # So that a listener has the present state before the changes of it.
            yield written("clock", shown_clock(self._world.clock))
            yield written("settings", self._world.settings.model_dump(mode="json", by_alias=True))
            while not self._has_ended:
                yield await self._next()
        finally:
            self._world.feed.leave(self.hear)

    async def _next(self) -> bytes:
        if not self._waiting and not self._lost:
            self._woken.clear()
            try:
                await asyncio.wait_for(self._woken.wait(), KEEP_ALIVE_S)
            except TimeoutError:
                return KEEP_ALIVE
        told = b"".join(self._waiting)
        self._waiting.clear()
        if self._lost:
            told += written("lost", {"events": self._lost})
            self._lost = 0
        return told


def stream_controls(controls: FastAPI, world: World) -> None:
    @controls.get(
        "/_sandbox/stream",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    )
    async def stream() -> StreamingResponse:
        """Server-sent events: call, webhook, message, person, clock, settings, reset, lost."""
        return StreamingResponse(
            Listening(world).events(),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )


def written(kind: str, told: Json) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(told, separators=(',', ':'))}\n\n".encode()


def shown_event(world: World, kind: EventKind, subject: object) -> list[Json]:
    """What is told of a thing that changed; a message is told for each phone that has it."""
    match subject:
        case GraphCall():
            return [shown_call(subject)]
        case Delivery():
            return [shown_delivery(subject)]
        case Message():
            return shown_in_chats(world, subject)
        case Person():
            return [shown_person(world, subject)]
        case Clock():
            return [shown_clock(subject)]
        case Settings():
            return [subject.model_dump(mode="json", by_alias=True)]
        case _:
            return [{}] if kind == "reset" else []


def shown_in_chats(world: World, message: Message) -> list[Json]:
    shown = shown_message(world, message)
    people = (message.person, *message.audience)
    return [{"person": person.wa_id, "message": shown} for person in people if person is not None]
