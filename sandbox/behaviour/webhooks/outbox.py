"""The queue of one callback: in order per conversation, batched, delayed, doubled, retried."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ...protocol.envelope import Update, envelope
from ...protocol.signing import encode, signature
from ...world.deliveries import Delivery, new_delivery_id
from ...world.entities import App
from ...world.settings import DelayRange

if TYPE_CHECKING:
    from .courier import Courier

# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview
MAX_BODY_BYTES = 3_000_000


@dataclass(slots=True)
class Lane:
    """What waits for one conversation; nothing else of it is on the way while it is busy."""

    waiting: deque[Update] = field(default_factory=deque[Update])
    is_busy: bool = False


@dataclass(slots=True)
class Load:
    """A delivery under way: what it carries, and the lanes that wait for it."""

    delivery: Delivery
    updates: list[Update]
    lanes: list[str]


class Outbox:
    """Everything on its way to one callback of one app."""

    def __init__(self, courier: Courier, app: App, url: str) -> None:
        self._courier = courier
        self._clock = courier.clock
        self._settings = courier.settings
        self._app = app
        self._url = url
        self._lanes: dict[str, Lane] = {}
        self._ready: deque[str] = deque()
        self._due: dict[str, float] = {}
        self._unanswered: dict[int, Update] = {}
        self._count = 0
        self._connections = 0
        self._is_pumping = False

    @property
    def outstanding(self) -> int:
        return len(self._unanswered)

    def unanswered(self) -> Iterator[Update]:
        return iter(self._unanswered.values())

    def put(self, update: Update) -> None:
        self._unanswered[id(update)] = update
        delay_s = self._settings().webhook_delay_s
        if isinstance(delay_s, DelayRange):
            delay_s = self._courier.dice.uniform(delay_s.least, delay_s.most)
        if delay_s or update.lane in self._due:
            self._put_later(update, delay_s)
        else:
            self._queue(update)

    def _put_later(self, update: Update, delay_s: float) -> None:
        """Also behind a delay a conversation keeps its order."""
        due = max(self._clock.now() + delay_s, self._due.get(update.lane, 0.0))
        self._due[update.lane] = due
        self._clock.at(due, partial(self._fall_due, update, due))

    def _fall_due(self, update: Update, due: float) -> None:
        if self._due.get(update.lane) == due:
            del self._due[update.lane]
        self._queue(update)

    def _queue(self, update: Update) -> None:
        lane = self._lanes.setdefault(update.lane, Lane())
        lane.waiting.append(update)
        if not lane.is_busy and len(lane.waiting) == 1:
            self._ready.append(update.lane)
            if not self._is_pumping:
                # Whatever else falls due in this turn of the loop can share the POST.
                self._is_pumping = True
                asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        self._is_pumping = False
        while self._ready and self._connections < self._settings().webhook_connections:
            self._send(*self._take(self._most()))

    def _most(self) -> int:
        """How many updates one POST takes now: more where connections are what is missing."""
        settings = self._settings()
        free = settings.webhook_connections - self._connections
        share = -(-len(self._ready) // free)
        return min(max(settings.batch_limit, share), settings.crowded_batch_limit)

    def _take(self, most: int) -> tuple[list[str], list[Update]]:
        names: list[str] = []
        updates: list[Update] = []
        while self._ready and len(updates) < most:
            name = self._ready.popleft()
            lane = self._lanes[name]
            if updates and lane.waiting[0].whole is not None:
                self._ready.appendleft(name)
                break
            lane.is_busy = True
            names.append(name)
            while lane.waiting and len(updates) < most and not _is_alone(updates, lane.waiting[0]):
                updates.append(lane.waiting.popleft())
            if updates[-1].whole is not None:
                break
        return names, updates

    def _send(self, lanes: list[str], updates: list[Update]) -> None:
        body = self._fit(updates)
        delivery = Delivery(
            id=new_delivery_id(),
            app_id=self._app.id,
            url=self._url,
            body=body,
            signature=signature(body, self._app.secret),
            updates=len(updates),
            created_at=self._clock.now(),
            fields=tuple(dict.fromkeys(update.field for update in updates)),
        )
        self._courier.add(delivery)
        settings, dice = self._settings(), self._courier.dice
        is_overtaken = settings.reorder and dice.random() < settings.reorder
        if is_overtaken or not settings.ordered:
            self._release(lanes)
            lanes = []
        load = Load(delivery, updates, lanes)
        if is_overtaken:
            self._courier.move(delivery, "waiting")
            held_s = dice.uniform(0, settings.reorder_window_s)
            self._clock.after(held_s, partial(self._attempt, load))
        else:
            self._attempt(load)

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

    def _attempt(self, load: Load) -> None:
        self._connections += 1
        self._courier.start(self._deliver(load))

    async def _deliver(self, load: Load) -> None:
        courier, delivery, settings = self._courier, load.delivery, self._settings()
        arrived = await courier.post(delivery)
        self._connections -= 1
        delays = settings.retry_delays_s
        tries = len(delivery.attempts)
        if not arrived and tries <= len(delays):
            courier.move(delivery, "waiting")
            self._clock.after(delays[tries - 1], partial(self._attempt, load))
        else:
            self._end(load, arrived=arrived)
        self._pump()

    def _end(self, load: Load, *, arrived: bool) -> None:
        courier = self._courier
        courier.move(load.delivery, "delivered" if arrived else "dropped")
        for update in load.updates:
            del self._unanswered[id(update)]
        self._release(load.lanes)
        duplicates = self._settings().duplicates
        if arrived and duplicates and courier.dice.random() < duplicates:
            courier.resend(load.delivery)

    def _release(self, names: Iterable[str]) -> None:
        for name in names:
            lane = self._lanes[name]
            lane.is_busy = False
            if lane.waiting:
                self._ready.append(name)
            else:
                del self._lanes[name]


def _is_alone(updates: list[Update], update: Update) -> bool:
    """A body that is given as a whole shares its POST with nothing."""
    return bool(updates) and (update.whole is not None or updates[-1].whole is not None)
