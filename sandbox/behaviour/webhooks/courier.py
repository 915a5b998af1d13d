"""Delivering webhooks: who gets them, the log of them, and sending one again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from ...protocol.envelope import Update
from ...world.clock import Clock
from ...world.deliveries import Delivery, DeliveryLog, DeliveryState, new_delivery_id
from ...world.entities import App
from ...world.feed import Feed
from ...world.settings import Settings
from .outbox import Outbox
from .posting import Poster


class Courier:
    """Carries updates to callbacks; each app and address has a queue of its own."""

    def __init__(self, clock: Clock, settings: Callable[[], Settings], feed: Feed) -> None:
        self.clock = clock
        self.settings = settings
        self.dice = random.Random()
        self.log = DeliveryLog(settings)
        self._feed = feed
        self._poster = Poster(clock, settings)
        self._outboxes: dict[tuple[str, str], Outbox] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, app: App, url: str, update: Update) -> None:
        key = (app.id, url)
        outbox = self._outboxes.get(key)
        if outbox is None:
            outbox = self._outboxes[key] = Outbox(self, app, url)
        outbox.put(update)

    def unanswered(self) -> Iterator[tuple[str, str, Update]]:
        """App id, address and update of everything not yet answered with 200, oldest first."""
        for (app_id, url), outbox in self._outboxes.items():
            for update in outbox.unanswered():
                yield app_id, url, update

    def resend(self, delivery: Delivery) -> Delivery:
        """Post the same bytes once more, at once and beside everything that waits."""
        again = Delivery(
            id=new_delivery_id(),
            app_id=delivery.app_id,
            url=delivery.url,
            body=delivery.body,
            signature=delivery.signature,
            updates=delivery.updates,
            created_at=self.clock.now(),
            fields=delivery.fields,
        )
        self.add(again)
        self.start(self._attempt_once(again))
        return again

    def add(self, delivery: Delivery) -> None:
        """Write a new delivery into the log."""
        self.log.add(delivery)
        self._feed.publish("webhook", delivery)

    def move(self, delivery: Delivery, state: DeliveryState) -> None:
        if delivery.state != state:
            delivery.state = state
            self._feed.publish("webhook", delivery)

    async def post(self, delivery: Delivery) -> bool:
        """One attempt; anything but 200 is a failure, as Meta counts."""
        self.move(delivery, "sending")
        attempt = await self._poster.post(delivery)
        delivery.attempts.append(attempt)
        return attempt.status == 200

    async def verify(self, url: str, verify_token: str) -> str | None:
        """Meta's GET handshake with a callback. Returns why it failed, or None."""
        return await self._poster.verify(url, verify_token)

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
        await self._poster.close()

    @property
    def waiting(self) -> int:
        """Updates that have not been answered with 200 yet."""
        return sum(outbox.outstanding for outbox in self._outboxes.values())

    async def _attempt_once(self, delivery: Delivery) -> None:
        self.move(delivery, "delivered" if await self.post(delivery) else "dropped")
