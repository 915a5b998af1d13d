"""Keeps each WABA subscribed to the app exactly as long as somebody listens.

A WABA may have listeners in several processes, so what must last is in the store:
`starting:<waba>:<listener>` from before a subscription until its listener has surely been stored,
and `subscription:<waba>` as long as Meta is to deliver.
https://developers.facebook.com/documentation/business-messaging/whatsapp/solution-providers/manage-webhooks
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from weakref import WeakValueDictionary

from appmixer.engine.contract import (
    Account,
    ConnectorError,
    HostContext,
    Listener,
    RejectedError,
    ThrottledError,
)

from .app_webhook import read_app_webhook, shortcoming
from .graph import AccountGraph, GraphClient
from .ownership import Subject, prove_ownership
from .settings import Settings
from .shapes import as_object, as_text

KINDS = ("messages", "statuses", "standby", "account")
# Long enough for any host to store a listener that was not refused.
STARTING_S = 600.0


class Subscriptions:
    """Counts listeners per WABA; calls about one WABA wait for each other."""

    def __init__(
        self,
        host: HostContext,
        graph: Callable[[], GraphClient],
        graph_for: Callable[[Account], AccountGraph],
    ) -> None:
        self._host, self._graph, self._graph_for = host, graph, graph_for
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def add(self, listener: Listener, account: Account) -> None:
        """Prove the listener's right and subscribe its WABA; raise to refuse the listener."""
        subject = _subject(listener)
        settings = Settings.read(self._host.configuration)
        settings.required("clientSecret")
        settings.required("verifyToken")
        await prove_ownership(subject, account, self._graph_for(account), self._graph(), settings)
        await self._check_app(settings)
        async with self._lock(subject.waba_id):
            starting = _starting_key(subject.waba_id, listener.id)
            await self._host.store.put({starting: account.id}, expires_in_s=STARTING_S)
            try:
                await self._subscribe(subject.waba_id, account)
            except ConnectorError:
                await self._host.store.delete([starting])
                raise

    async def remove(self, listener: Listener, account: Account) -> None:
        """Unsubscribe the WABA if that was its last listener; never raises for Meta's sake."""
        waba_id = _subject(listener).waba_id
        async with self._lock(waba_id):
            await self._host.store.delete([_starting_key(waba_id, listener.id)])
            await self._unsubscribe_if_unheard(waba_id, account)

    async def reconcile(self) -> None:
        """Make Meta's side agree with the listeners: what failed or was cut off is done again."""
        for key, entry in (await self._host.store.scan(_SUBSCRIPTION)).items():
            waba_id = key.removeprefix(_SUBSCRIPTION)
            try:
                account = await self._host.account(as_text(as_object(entry).get("accountId")))
                await self._agree(waba_id, account)
            except ConnectorError as error:
                self._host.log.warning(
                    "subscription.not_reconciled", wabaId=waba_id, reason=str(error)
                )
            except LookupError:
                # The account is gone, and with it the right to change anything at Meta.
                self._host.log.warning("subscription.abandoned", wabaId=waba_id)
                await self._host.store.delete([key])

    async def _agree(self, waba_id: str, account: Account) -> None:
        async with self._lock(waba_id):
            if await self._is_heard(waba_id):
                await self._subscribe(waba_id, account)
            else:
                await self._unsubscribe_if_unheard(waba_id, account)

    async def _check_app(self, settings: Settings) -> None:
        try:
            webhook = await read_app_webhook(self._graph(), settings)
        except ThrottledError as error:
            # Not knowing is no reason to refuse: the subscription itself will tell.
            self._host.log.warning("app_webhook.not_read", reason=str(error))
            return
        if (problem := shortcoming(webhook)) is not None:
            raise problem

    async def _subscribe(self, waba_id: str, account: Account) -> None:
        try:
            await self._graph_for(account).post(f"{waba_id}/subscribed_apps", repeats=True)
        except RejectedError as error:
            raise RejectedError(
                f"WhatsApp Business Account {waba_id} could not be subscribed",
                error.cause or error.title,
                error.cure,
                "businessAccountId",
                error.code,
                error.subcode,
                error.trace,
            ) from None
        await self._host.store.put({f"{_SUBSCRIPTION}{waba_id}": {"accountId": account.id}})

    async def _unsubscribe_if_unheard(self, waba_id: str, account: Account) -> None:
        key = f"{_SUBSCRIPTION}{waba_id}"
        if key not in await self._host.store.get([key]) or await self._is_heard(waba_id):
            return
        try:
            await self._graph_for(account).delete(f"{waba_id}/subscribed_apps")
            # Another process may have started a listener while Meta removed the subscription.
            if await self._is_heard(waba_id):
                await self._subscribe(waba_id, account)
                return
        except ConnectorError as error:
            # The entry stays, so that `reconcile` tries again.
            self._host.log.warning("subscription.not_removed", wabaId=waba_id, reason=str(error))
            return
        await self._host.store.delete([key])

    async def heard(self, waba_id: str) -> frozenset[str]:
        """Return the ids of the numbers that somebody listens to; "" stands for all of them."""
        found = [await self._host.listeners(f"{kind}:{waba_id}") for kind in KINDS]
        subjects = [Subject.of(route) for routes in found for route in routes]
        # An id may begin with another one.
        return frozenset(each.phone_number_id or "" for each in subjects if each.waba_id == waba_id)

    async def _is_heard(self, waba_id: str) -> bool:
        starting = await self._host.store.scan(_starting_key(waba_id, ""))
        return bool(starting or await self.heard(waba_id))

    def _lock(self, waba_id: str) -> asyncio.Lock:
        return self._locks.setdefault(waba_id, asyncio.Lock())


_SUBSCRIPTION = "subscription:"


def _starting_key(waba_id: str, listener_id: str) -> str:
    return f"starting:{waba_id}:{listener_id}"


def _subject(listener: Listener) -> Subject:
    subject = Subject.of(listener.route)
    if subject.kind in KINDS:
        return subject
    raise RejectedError("There are no such events", f"{subject.kind!r} is not one of {KINDS}.")
