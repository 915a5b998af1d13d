"""A world says what goes where; how it gets there is for whatever it was given."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from appmixer.sandbox.protocol.envelope import Update
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.clock import Clock
from appmixer.sandbox.world.deliveries import Delivery, DeliveryLog
from appmixer.sandbox.world.entities import App, Subscription
from appmixer.sandbox.world.feed import Feed
from appmixer.sandbox.world.settings import Settings
from appmixer.sandbox.world.world import World

CALLBACK = "https://example.com/events"


class Notes:
    """Carries nothing, and notes what it was given."""

    def __init__(self, clock: Clock, settings: Callable[[], Settings], feed: Feed) -> None:
        self.log = DeliveryLog(settings)
        self.waiting = 0
        self.given: list[tuple[str, str, str]] = []

    def send(self, app: App, url: str, update: Update) -> None:
        self.given.append((app.id, url, update.field))

    def unanswered(self) -> Iterator[tuple[str, str, Update]]:
        return iter(())

    def resend(self, delivery: Delivery) -> Delivery:
        return delivery

    async def verify(self, url: str, verify_token: str) -> str | None:
        return None

    def reset(self) -> None:
        self.given.clear()

    async def stop(self) -> None:
        self.reset()


def test_a_world_hands_its_news_to_what_it_was_given_and_forgets_them_with_a_reset() -> None:
    world = World(seed.seed, Notes)
    notes = world.courier
    assert isinstance(notes, Notes)
    app, waba = world.apps[seed.APP_ID], world.wabas[seed.WABA_ID]
    app.callback_url, app.fields = CALLBACK, ("account_update",)
    waba.subscriptions[app.id] = Subscription(app.id)

    world.publish_change(waba, "account_update", {"event": "VERIFIED_ACCOUNT"})
    world.publish_change(waba, "account_alerts", {})

    assert notes.given == [(seed.APP_ID, CALLBACK, "account_update")]
    world.reset()
    assert notes.given == []
