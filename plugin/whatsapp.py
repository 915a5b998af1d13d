"""The connector's long-lived part: what all components share."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from appmixer.engine.contract import (
    Account,
    Check,
    Event,
    Fact,
    HostContext,
    JsonObject,
    Listener,
    Route,
)

from .configuration.settings import Settings
from .graph.account import AccountGraph
from .graph.client import GraphClient
from .ledgers.closings import Closings
from .ledgers.deliveries import Deliveries
from .ledgers.fetch_budget import FetchBudget
from .ledgers.health import Health
from .ledgers.heard import Heard
from .ledgers.proven_numbers import ProvenNumbers
from .ledgers.templates import Templates
from .ledgers.windows import Windows
from .setup.checks import check_account, check_setup, claim_account, deafness
from .setup.facts import account_facts
from .setup.health import NumbersHealth
from .setup.hearing_checks import check_heard
from .setup.notices import notices_of
from .setup.subscriptions import Subscriptions
from .webhook.endpoint import Webhook, read
from .webhook.events import STEMS
from .webhook.items import TEST


class WhatsApp:
    """Implements the contract's Plugin. Components reach it as `context.plugin`."""

    def __init__(self, host: HostContext) -> None:
        self._host = host
        # What comes is heard since then.
        self.began_at = host.clock.elapsed
        self._webhook = Webhook(host)
        self._graph: tuple[Settings, GraphClient] | None = None
        self._subscriptions = Subscriptions(host, lambda: self.graph, self.graph_for)
        self.windows = Windows(host.store, host.put_with_events, self._now)
        self.closings = Closings(host.store, host.put_with_events, host.listeners, self._now)
        self.deliveries = Deliveries(
            host.store, host.put_with_events, host.report_fates, host.tell_owners, self._now
        )
        self.numbers = ProvenNumbers(host.store, self._now)
        self.numbers_health = NumbersHealth(self._now)
        self.fetch_budget = FetchBudget()
        self.templates = Templates(host, self._now)
        self.health = Health(host.store, host.put_with_events, self._now)
        self.heard = Heard(host.store, host.put_with_events, self._now)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._host.clock.now, UTC)

    @property
    def settings(self) -> Settings:
        """The administrator's configuration as it is now."""
        return Settings.read(self._host.configuration)

    @property
    def graph(self) -> GraphClient:
        """A client for the configuration as it is now."""
        settings = self.settings
        if self._graph is None or self._graph[0] is not settings:
            self._graph = settings, graph_client(self._host, settings)
        return self._graph[1]

    def graph_for(self, account: Account) -> AccountGraph:
        """Return the calls of one account."""
        return AccountGraph(self.graph, account)

    @property
    def routes(self) -> Sequence[Route]:
        return self._webhook.routes

    async def start(self) -> None:
        """Make Meta's subscriptions agree with the listeners, beside everything else."""
        self._host.watch("subscriptions", self._subscriptions.keep)

    async def stop(self) -> None:
        """The host has ended what it watches."""

    async def reconcile(self) -> None:
        """Make Meta's subscriptions agree with the listeners now."""
        await self._subscriptions.reconcile()

    async def listener_added(self, listener: Listener, account: Account | None) -> None:
        assert account is not None, "the manifest asks for one"
        if _is_of_account(listener):
            await self._subscriptions.add(listener, account)
            self.closings.want(listener.topic)

    async def listener_removed(self, listener: Listener, account: Account | None) -> None:
        assert account is not None, "the manifest asks for one"
        if _is_of_account(listener):
            await self._subscriptions.remove(listener, account)

    def read(self, content: bytes) -> Sequence[Event]:
        """Return one event for each message, status or other thing in a webhook's body."""
        return read(content)

    async def before_routing(self, events: Sequence[Event]) -> None:
        """Bring the ledgers up to date, so that a flow never knows less than the event it got."""
        happened = [each for each in events if not each.payload.get("isTest")]
        ledgers = (
            *(self.windows, self.closings, self.deliveries),
            *(self.templates, self.health, self.heard),
        )
        await asyncio.gather(*(each.note(happened) for each in ledgers))
        for topics, notice in notices_of(happened):
            await self._host.tell_owners(topics, notice)

    def visible_topics(self, profile: JsonObject) -> Sequence[str]:
        """Return the topics of all events of the WABAs that the account was proven to reach.

        The Test button's tell nothing of anybody: whoever has an account may hear and see them.
        """
        waba_ids = profile.get("wabaIds")
        found = waba_ids if isinstance(waba_ids, list) else []
        wabas = [f"{stem}:{waba_id}" for waba_id in found for stem in STEMS]
        return [*wabas, *(f"{TEST}:{stem}" for stem in STEMS)]

    async def checks(self, account: Account | None) -> Sequence[Check]:
        """Report on the setup or on an account; what can be mended on the way is mended."""
        settings = self.settings
        if account is None:
            await self.reconcile()
            relies = await self._subscriptions.relies_on_the_app()
            return await check_setup(self.graph, settings, self._host, relies_on_the_app=relies)
        checks = await check_account(
            self.graph, settings, account, self.graph_for(account), self._subscriptions
        )
        heard = check_heard(account, self._subscriptions, self.health, self.heard)
        return [*checks, *[each async for each in heard]]

    async def facts(self, account: Account) -> Sequence[Fact]:
        """Return the account's WABAs, and how their numbers stand at Meta now."""
        return await account_facts(account, self.graph_for(account), self.health)

    async def claim(self, account: Account) -> Sequence[Check]:
        """Have the events of the account's WABAs come here, whoever gets them now."""
        return await claim_account(account, self._subscriptions)

    async def deafness(self, waba_id: str, number_id: str, account: Account) -> list[Check]:
        """Return what keeps the events of a number from coming here, or of all where it is ""."""
        return deafness(await self._subscriptions.wiring(waba_id, account), number_id)

    async def cautions(
        self, waba_id: str, phone_number_id: str | None, account: Account
    ) -> Sequence[str]:
        """Return what may keep a trigger that has just started from hearing, or from answering."""
        deaf = await self._subscriptions.cautions(waba_id, phone_number_id, account)
        named = [
            number.display
            for number in self.numbers.last_listed(account, [waba_id])
            if number.id == phone_number_id
        ]
        troubles = await self.health.troubles(waba_id, *named)
        return [*deaf, *(f"{each.what} {each.cure}" for each in troubles)]

    async def ending(self, waba_id: str, account: Account, others: int) -> str:
        """Say what a trigger's stop has made of a WABA that so many other flows listen to."""
        return await self._subscriptions.ending(waba_id, account, others)


def _is_of_account(listener: Listener) -> bool:
    """Say whether it is for what happens at a WABA, and not for Meta's Test button."""
    return not listener.topic.startswith(f"{TEST}:")


def graph_client(host: HostContext, settings: Settings) -> GraphClient:
    """Return a client of Graph for the settings, on the host's connections."""
    return GraphClient(
        host.http,
        base_url=settings.graph_url,
        version=settings.graph_version,
        app_secret=settings.client_secret,
        log=host.log,
    )
