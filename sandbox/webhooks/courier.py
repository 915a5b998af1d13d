"""Delivering webhooks: ordered per conversation, batched, signed, retried and logged."""

from __future__ import annotations

import asyncio
import secrets
import ssl
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any
from urllib.parse import urlencode

import httpx

from ..world.clock import Clock
from ..world.entities import App
from ..world.settings import Settings
from .deliveries import Attempt, Delivery, DeliveryLog, new_delivery_id
from .envelope import Update, envelope
from .signing import encode, signature

USER_AGENT = "facebookexternalua"
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview
MAX_BODY_BYTES = 3_000_000


@dataclass(slots=True)
class Lane:
    """What waits for one conversation; nothing else of it is on the way while it is busy."""

    waiting: deque[Update] = field(default_factory=deque[Update])
    is_busy: bool = False


class Courier:
    """Carries updates to callbacks. One HTTP client for all of them."""

    def __init__(self, clock: Clock, settings: Callable[[], Settings]) -> None:
        self._clock = clock
        self._settings = settings
        self._client: httpx.AsyncClient | None = None
        self._outboxes: dict[tuple[str, str], _Outbox] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.log = DeliveryLog(settings)

    def send(self, app: App, url: str, update: Update) -> None:
        key = (app.id, url)
        outbox = self._outboxes.get(key)
        if outbox is None:
            outbox = self._outboxes[key] = _Outbox(self, self._clock, self._settings, app, url)
        outbox.put(update)

    def resend(self, delivery: Delivery) -> Delivery:
        """Post the same bytes once more, at once and beside everything that waits."""
        again = Delivery(
            id=new_delivery_id(),
            app_id=delivery.app_id,
            url=delivery.url,
            body=delivery.body,
            signature=delivery.signature,
            updates=delivery.updates,
            created_at=self._clock.now(),
        )
        self.log.add(again)
        self.start(self._attempt_once(again))
        return again

    async def post(self, delivery: Delivery) -> bool:
        """One attempt; anything but 200 is a failure, as Meta counts."""
        status: int | None = None
        error: str | None = None
        delivery.state = "sending"
        try:
            answer = await self.client().post(
                delivery.url,
                content=delivery.body,
                headers={
                    "Content-Type": "application/json",
                    "X-Hub-Signature-256": delivery.signature,
                    "User-Agent": USER_AGENT,
                },
                timeout=self._settings().webhook_timeout_s,
            )
            status = answer.status_code
        except Exception as failed:
            # Whatever an attempt ends with, the conversation behind it has to go on: a callback
            # that resets connections makes anyio on uvloop raise an AttributeError, for example.
            error = f"{type(failed).__name__}: {failed}".rstrip(": ")
        delivery.attempts.append(Attempt(self._clock.now(), status, error))
        return status == 200

    async def verify(self, url: str, verify_token: str) -> str | None:
        """Meta's GET handshake with a callback. Returns why it failed, or None."""
        challenge = str(1_000_000_000 + secrets.randbelow(9_000_000_000))
        query = urlencode(
            {
                "hub.mode": "subscribe",
                "hub.challenge": challenge,
                "hub.verify_token": verify_token,
            }
        )
        joint = "&" if "?" in url else "?"
        try:
            answer = await self.client().get(
                f"{url}{joint}{query}", timeout=self._settings().webhook_timeout_s
            )
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as failed:
            return f"the callback could not be reached ({type(failed).__name__})"
        if answer.status_code != 200:
            return f"the callback answered the handshake with HTTP {answer.status_code}, not 200"
        if answer.text != challenge:
            return "the callback did not answer with the challenge alone"
        return None

    def client(self) -> httpx.AsyncClient:
        if self._client is None:
            # Callbacks are other people's servers on loopback or elsewhere, never behind our proxy.
            self._client = httpx.AsyncClient(
                trust_env=False,
                verify=_certificates(),
                limits=httpx.Limits(max_connections=None),
            )
        return self._client

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def reset(self) -> None:
        """Forget everything that waits or is on its way."""
        for task in self._tasks:
            task.cancel()
        self._outboxes.clear()
        self.log.clear()

    async def stop(self) -> None:
        running = list(self._tasks)
        self.reset()
        await asyncio.gather(*running, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    @property
    def waiting(self) -> int:
        """Updates that have not been answered with 200 yet."""
        return sum(outbox.outstanding for outbox in self._outboxes.values())

    async def _attempt_once(self, delivery: Delivery) -> None:
        delivery.state = "delivered" if await self.post(delivery) else "dropped"


class _Outbox:
    """Everything on its way to one callback of one app."""

    def __init__(
        self, courier: Courier, clock: Clock, settings: Callable[[], Settings], app: App, url: str
    ) -> None:
        self._courier = courier
        self._clock = clock
        self._settings = settings
        self._app = app
        self._url = url
        self._lanes: dict[str, Lane] = {}
        self._ready: deque[str] = deque()
        self._connections = 0
        self.outstanding = 0

    def put(self, update: Update) -> None:
        self.outstanding += 1
        lane = self._lanes.setdefault(update.lane, Lane())
        lane.waiting.append(update)
        if not lane.is_busy and len(lane.waiting) == 1:
            self._ready.append(update.lane)
            # Whatever else falls due in this turn of the loop can share the POST.
            asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        while self._ready and self._connections < self._settings().webhook_connections:
            lanes, updates = self._take()
            body = self._fit(updates)
            if not self._settings().ordered:
                self._release(lanes)
                lanes = []
            delivery = Delivery(
                id=new_delivery_id(),
                app_id=self._app.id,
                url=self._url,
                body=body,
                signature=signature(body, self._app.secret),
                updates=len(updates),
                created_at=self._clock.now(),
            )
            self._courier.log.add(delivery)
            self._attempt(delivery, lanes)

    def _take(self) -> tuple[list[str], list[Update]]:
        settings = self._settings()
        names: list[str] = []
        updates: list[Update] = []
        while self._ready and len(updates) < settings.batch_limit:
            name = self._ready.popleft()
            lane = self._lanes[name]
            lane.is_busy = True
            names.append(name)
            while lane.waiting and len(updates) < settings.batch_limit:
                updates.append(lane.waiting.popleft())
        return names, updates

    def _fit(self, updates: list[Update]) -> bytes:
        """The body, with as many of the updates as its size allows; the others go back in line."""
        body = encode(envelope(updates))
        while len(body) > MAX_BODY_BYTES and len(updates) > 1:
            half = len(updates) // 2
            for update in reversed(updates[half:]):
                self._lanes[update.lane].waiting.appendleft(update)
            del updates[half:]
            body = encode(envelope(updates))
        return body

    def _attempt(self, delivery: Delivery, lanes: list[str]) -> None:
        self._connections += 1
        self._courier.start(self._deliver(delivery, lanes))

    async def _deliver(self, delivery: Delivery, lanes: list[str]) -> None:
        arrived = await self._courier.post(delivery)
        self._connections -= 1
        delays = self._settings().retry_delays_s
        tries = len(delivery.attempts)
        if not arrived and tries <= len(delays):
            delivery.state = "waiting"
            self._clock.after(delays[tries - 1], partial(self._attempt, delivery, lanes))
        else:
            delivery.state = "delivered" if arrived else "dropped"
            self.outstanding -= delivery.updates
            self._release(lanes)
        self._pump()

    def _release(self, names: Iterable[str]) -> None:
        for name in names:
            lane = self._lanes[name]
            lane.is_busy = False
            if lane.waiting:
                self._ready.append(name)
            else:
                del self._lanes[name]


@cache
def _certificates() -> ssl.SSLContext:
    """Reading them takes longer than starting a sandbox, so it happens once."""
    return httpx.create_ssl_context(trust_env=False)
