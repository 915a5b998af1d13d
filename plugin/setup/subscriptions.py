"""Keeps each WABA subscribed to the app exactly as long as somebody listens.

A WABA may have listeners in several processes, so what must last is in the store:
`starting:<waba>:<listener>` from before a subscription until its listener has surely been stored,
and `subscription:<waba>` as long as Meta is to deliver, or goes on for a reason that stands there.
https://developers.facebook.com/documentation/business-messaging/whatsapp/solution-providers/manage-webhooks
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from shlex import quote
from weakref import WeakValueDictionary

from appmixer.engine.contract import (
    Account,
    ConnectorError,
    HostContext,
    Json,
    Listener,
    RejectedError,
    ThrottledError,
)

from ..configuration.settings import Settings
from ..foreign_json.shapes import as_object, as_text
from ..graph.account import AccountGraph
from ..graph.client import GraphClient
from ..webhook.events import STEMS
from .callbacks import TELL_ADDRESS, Wiring, doubt, read_wiring, require_delivery
from .ownership import Subject, prove_ownership
from .reconciliation import Reconciliation

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
        self._reconciliation = Reconciliation(host.log, host.clock, self._entries, self._settle)

    async def add(self, listener: Listener, account: Account) -> None:
        """Prove the listener's right and subscribe its WABA; raise to refuse the listener.

        One that begins no runs is stored all the same: for it, `keep` tries again.
        """
        subject = _subject(listener)
        if not listener.begins_runs:
            await self._rely(subject, listener, account)
            return
        await self._prove(subject, account)
        async with self._lock(subject.waba_id):
            starting = _starting_key(subject.waba_id, listener.id)
            await self._host.store.put({starting: account.id}, expires_in_s=STARTING_S)
            try:
                wiring = await self.wiring(subject.waba_id, account)
                require_delivery(wiring, frozenset({subject.number}), subject.field)
                await self._subscribe(wiring, account)
            except ConnectorError:
                await self._host.store.delete([starting])
                raise

    async def _rely(self, subject: Subject, listener: Listener, account: Account) -> None:
        waba_id, is_heard = subject.waba_id, False
        key, starting = f"{_SUBSCRIPTION}{waba_id}", _starting_key(waba_id, listener.id)
        async with self._lock(waba_id):
            await self._host.store.put({starting: account.id}, expires_in_s=STARTING_S)
            # First: whatever happens here, `keep` has to know of it.
            if key not in await self._host.store.get([key]):
                await self._note(waba_id, account, is_missed=True)
            try:
                await self._prove(subject, account)
                await self._make_up(waba_id, account, frozenset({subject.number}))
                is_heard = True
            except ConnectorError as error:
                raise _unheard(waba_id, error) from None
            finally:
                if not is_heard:
                    self._reconciliation.leave(waba_id)

    async def _prove(self, subject: Subject, account: Account) -> None:
        settings = self._settings()
        await prove_ownership(subject, account, self._graph_for(account), self._graph(), settings)

    def _settings(self) -> Settings:
        """Return the configuration, without which nothing can be heard."""
        settings = Settings.read(self._host.configuration)
        settings.required("clientSecret")
        settings.required("verifyToken")
        return settings

    async def _make_up(self, waba_id: str, account: Account, heard: frozenset[str]) -> None:
        """Subscribe a WABA of which statuses are to come, where they would come here."""
        self._settings()
        wiring = await self.wiring(waba_id, account)
        require_delivery(wiring, heard, "messages")
        # First: what Meta has subscribed is to be removed again, even if nobody hears of it.
        await self._note(waba_id, account, callback=wiring.callback)
        await self._subscribe(wiring, account)

    async def remove(self, listener: Listener, account: Account) -> None:
        """Unsubscribe the WABA if that was its last listener; never raises for Meta's sake."""
        waba_id = _subject(listener).waba_id
        async with self._lock(waba_id):
            await self._host.store.delete([_starting_key(waba_id, listener.id)])
            await self._unsubscribe_if_unheard(waba_id, account)

    async def wiring(self, waba_id: str, account: Account) -> Wiring:
        """Ask Meta where the events of a WABA go."""
        settings = Settings.read(self._host.configuration)
        return await read_wiring(
            waba_id, self._host, settings, self._graph(), self._graph_for(account)
        )

    async def claim(self, waba_id: str, account: Account) -> list[str]:
        """Have the WABA's events come here, and return the addresses that they went to before.

        The app's own callback address is left alone: other accounts may depend on it.
        """
        async with self._lock(waba_id):
            wiring = await self.wiring(waba_id, account)
            calls = self._graph_for(account)
            missed = wiring.missed()
            for destination in missed:
                if destination.number is not None:
                    nothing = {"webhook_configuration": {"override_callback_uri": ""}}
                    await calls.post(destination.number.id, json=nothing, repeats=True)
            # A number without an address of its own falls back to the one that all share.
            if missed and wiring.home.place(wiring.callback or wiring.app_callback) != "here":
                await self._redirect(wiring, calls)
                await self._note(waba_id, account, callback=wiring.home.address)
            return [each.address for each in missed if each.address]

    async def cautions(
        self, waba_id: str, phone_number_id: str | None, account: Account
    ) -> list[str]:
        """Return what may keep a started trigger from hearing, in sentences."""
        heard = frozenset({phone_number_id or ""})
        try:
            wiring = await self.wiring(waba_id, account)
        except ThrottledError as error:
            self._host.log.warning("wiring.not_read", wabaId=waba_id, reason=str(error))
            return []
        told = [doubt(each) for each in wiring.missed(heard) if each.address]
        if not any(number.is_registered for number in wiring.listened(heard)):
            told.append(
                f"No number of WhatsApp Business Account {waba_id} that this flow listens to is "
                "registered for the Cloud API, so nothing can arrive. Run Ensure Sender Phone "
                "Number Registered once."
            )
        return told

    async def ending(self, waba_id: str, account: Account, others: int) -> str:
        """Say what a stop has made of a WABA; nothing while the flow itself goes on listening."""
        count = {0: "No other flow listens", 1: "1 other flow listens"}
        listen = count.get(others, f"{others} other flows listen")
        left = f"{listen} to WhatsApp Business Account {waba_id}"
        if others:
            return f"{left}, so it stays subscribed."
        if await self._is_heard(waba_id):
            return ""
        key = f"{_SUBSCRIPTION}{waba_id}"
        entry = (await self._host.store.get([key])).get(key)
        if entry is None:
            return (
                f"{left}, so it is unsubscribed: what people write to it from now on does not "
                "reach this engine, and cannot be replayed. To have it kept, run "
                f"`appmixer account set {quote(account.name)} keepSubscribed true` before the last "
                "flow stops."
            )
        reason = as_text(as_object(entry).get("stays"))
        reason = reason or "Meta could not be asked; it is tried again."
        return f"{left}. It stays subscribed. {reason}"

    async def relies_on_the_app(self) -> bool:
        """Return whether any subscription needs the app's own callback address; so if none is."""
        entries = (await self._entries()).values()
        return not entries or any(not as_object(entry).get("callback") for entry in entries)

    async def reconcile(self) -> None:
        """Make Meta's side agree with the listeners now; what fails is left to `keep`."""
        await self._reconciliation.go_round()

    async def keep(self) -> None:
        """Make Meta's side agree with the listeners, and again where that has failed; never ends.

        Raises ThrottledError after a round in which something happened that nobody foresaw. Begun
        again, it goes on with what is left.
        """
        await self._reconciliation.keep()

    async def _settle(self, waba_id: str, entry: Json) -> None:
        """Do again what failed or was cut off at a WABA."""
        try:
            account = await self._host.account(as_text(as_object(entry).get("accountId")))
        except LookupError:
            # The account is gone, and with it the right to change anything at Meta.
            if await self._is_heard(waba_id):
                return  # whoever listens by another account needs the entry to unsubscribe
            self._host.log.warning("subscription.abandoned", wabaId=waba_id)
            await self._host.store.delete([f"{_SUBSCRIPTION}{waba_id}"])
            return
        await self._agree(waba_id, account)

    async def _agree(self, waba_id: str, account: Account) -> None:
        async with self._lock(waba_id):
            if await self._is_heard(waba_id):
                if await self._is_missed(waba_id):
                    await self._make_up(waba_id, account, await self.heard(waba_id))
                else:
                    await self._subscribe(await self.wiring(waba_id, account), account)
                if not await self.heard(waba_id):
                    # A start is under way, or was cut off before its listener was stored.
                    self._reconciliation.leave(waba_id)
            else:
                await self._unsubscribe_if_unheard(waba_id, account)

    async def _subscribe(self, wiring: Wiring, account: Account) -> None:
        # Subscribing again would take away the WABA's own callback address.
        if not wiring.is_subscribed:
            try:
                path = f"{wiring.waba_id}/subscribed_apps"
                await self._graph_for(account).post(path, repeats=True)
            except RejectedError as error:
                raise RejectedError(
                    f"WhatsApp Business Account {wiring.waba_id} could not be subscribed",
                    error.cause or error.title,
                    error.cure,
                    "businessAccountId",
                    error.code,
                    error.subcode,
                    error.trace,
                    error.mend,
                ) from None
        await self._note(wiring.waba_id, account, callback=wiring.callback)

    async def _redirect(self, wiring: Wiring, calls: AccountGraph) -> None:
        body: dict[str, str] | None = None
        # Without a body, the WABA's own address is taken away, and the app's counts again.
        if not wiring.callback or wiring.home.place(wiring.app_callback) != "here":
            settings = Settings.read(self._host.configuration)
            body = {
                "override_callback_uri": wiring.home.address,
                "verify_token": settings.required("verifyToken"),
            }
        await calls.post(f"{wiring.waba_id}/subscribed_apps", json=body, repeats=True)

    async def _unsubscribe_if_unheard(self, waba_id: str, account: Account) -> None:
        key = f"{_SUBSCRIPTION}{waba_id}"
        if key not in await self._host.store.get([key]) or await self._is_heard(waba_id):
            return
        if await self._is_missed(waba_id):
            await self._host.store.delete([key])
            return
        try:
            wiring = await self.wiring(waba_id, account)
            if (reason := _reason_to_stay(wiring, account)) is not None:
                await self._note(waba_id, account, callback=wiring.callback, stays=reason)
                self._host.log.info("subscription.left", wabaId=waba_id, reason=reason)
                return
            if wiring.is_subscribed:
                await self._graph_for(account).delete(f"{waba_id}/subscribed_apps")
            # Another process may have started a listener while Meta removed the subscription.
            if await self._is_heard(waba_id):
                await self._subscribe(replace(wiring, is_subscribed=False), account)
                return
        except ConnectorError as error:
            # The entry stays, so that `keep` tries again.
            self._reconciliation.leave(waba_id)
            self._host.log.warning("subscription.not_removed", wabaId=waba_id, reason=str(error))
            return
        await self._host.store.delete([key])

    async def _entries(self) -> Mapping[str, Json]:
        """Return what is written of each subscription, by its WABA."""
        found = await self._host.store.scan(_SUBSCRIPTION)
        return {key.removeprefix(_SUBSCRIPTION): entry for key, entry in found.items()}

    async def _is_missed(self, waba_id: str) -> bool:
        """Return whether its statuses are relied on, and it could not be subscribed for them."""
        key = f"{_SUBSCRIPTION}{waba_id}"
        return as_object((await self._host.store.get([key])).get(key)).get("isMissed") is True

    async def _note(
        self,
        waba_id: str,
        account: Account,
        *,
        callback: str = "",
        stays: str = "",
        is_missed: bool = False,
    ) -> None:
        entry: dict[str, Json] = {"accountId": account.id, "callback": callback, "stays": stays}
        if is_missed:
            entry["isMissed"] = True
        await self._host.store.put({f"{_SUBSCRIPTION}{waba_id}": entry})

    async def heard(self, waba_id: str) -> frozenset[str]:
        """Return the ids of the numbers that somebody listens to; "" stands for all of them."""
        return frozenset(each.number for each in await self.subjects(waba_id))

    async def subjects(self, waba_id: str) -> list[Subject]:
        """Return what somebody listens to there."""
        found = [await self._host.listeners(f"{stem}:{waba_id}") for stem in STEMS]
        subjects = [Subject.of(topic) for topics in found for topic in topics]
        # An id may begin with another one.
        return [each for each in subjects if each.waba_id == waba_id]

    async def _is_heard(self, waba_id: str) -> bool:
        starting = await self._host.store.scan(_starting_key(waba_id, ""))
        return bool(starting or await self.heard(waba_id))

    def _lock(self, waba_id: str) -> asyncio.Lock:
        return self._locks.setdefault(waba_id, asyncio.Lock())


_SUBSCRIPTION = "subscription:"


def _starting_key(waba_id: str, listener_id: str) -> str:
    return f"starting:{waba_id}:{listener_id}"


def _reason_to_stay(wiring: Wiring, account: Account) -> str | None:
    """Return why the subscription is not to be removed with its last listener, if there is why."""
    if not wiring.is_subscribed:
        return None
    if account.settings.get("keepSubscribed") is True:
        return (
            f"The account {account.name} is set to keep it: what people write waits among the "
            "unrouted events, and can be replayed."
        )
    if wiring.callback and wiring.home.place(wiring.callback) == "here":
        return (
            "It was given this engine as its own callback address, which would be lost with the "
            "subscription."
        )
    for destination in wiring.missed():
        if not destination.address:
            return f"Nobody knows where the events of {destination.subject} go."
        goes = f"The events of {destination.subject} go to {destination.address}"
        if wiring.place(destination) == "elsewhere":
            return f"{goes}, and not to this engine: somebody else may need them."
        return f"{goes}, which may be somebody else's address. {TELL_ADDRESS}"
    return None


def _unheard(waba_id: str, error: ConnectorError) -> RejectedError:
    is_mended = isinstance(error, RejectedError)
    return RejectedError(
        f"What becomes of messages from WhatsApp Business Account {waba_id} is not heard here",
        "Their steps stay accepted, those that wait for more go on at timeout, and a message whose "
        f"answer is lost may be sent twice. {error.title.rstrip('.')}. {error.cause}".rstrip(),
        f"{error.cure} {'The flow need not be started again.' if is_mended else ''}".strip(),
    )


def _subject(listener: Listener) -> Subject:
    subject = Subject.of(listener.topic)
    if subject.kind in STEMS:
        return subject
    raise RejectedError("There are no such events", f"{subject.kind!r} is not one of {STEMS}.")
