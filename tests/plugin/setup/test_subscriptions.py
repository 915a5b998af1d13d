"""A WABA is subscribed as long as somebody listens, and only for those who have a right to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import httpx
import pytest
import respx

from appmixer.engine.contract import (
    AuthorizationError,
    ConfigurationError,
    ConnectorError,
    Event,
    Listener,
    RejectedError,
    ThrottledError,
)
from appmixer.engine.contract.testing import RecordingHost, StandInAccount
from appmixer.whatsapp.plugin.setup.reconciliation import FIRST_PAUSE_S
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

pytestmark = pytest.mark.anyio

ROOT = "https://graph.facebook.com/v25.0"
APP_ID = "634974688087057"
WABA = "102290129340398"
PHONE = "106540352242922"
HERE = "https://engine.example.com/plugins/appmixer/whatsapp/events"
AWAY = "https://other.example.net/hook"


def listener(route: str = f"messages:{WABA}", id: str = "flow-1/incoming") -> Listener:
    return Listener(id, route, {}, "account-1")


def relied_on(id: str = "flow-1/send") -> Listener:
    """Return the listener of a step that sends: no run begins by it."""
    return Listener(id, f"statuses:{WABA}:{PHONE}", {}, "account-1", begins_runs=False)


def token_facts(**changes: Any) -> dict[str, Any]:
    granted = {"scope": "whatsapp_business_management", "target_ids": [WABA]}
    facts = {
        "app_id": APP_ID,
        "type": "SYSTEM_USER",
        "is_valid": True,
        "scopes": ["whatsapp_business_management", "whatsapp_business_messaging"],
        "granular_scopes": [granted],
    }
    return {"data": {**facts, **changes}}


def app_webhook(**changes: Any) -> dict[str, Any]:
    row = {
        "object": "whatsapp_business_account",
        "callback_url": HERE,
        "active": True,
        "fields": [{"name": "messages", "version": "v25.0"}],
    }
    return {"data": [{**row, **changes}]}


def success(body: dict[str, Any]) -> dict[str, Any]:
    return {"json": body}


def refusal(code: int, subcode: int | None = None) -> dict[str, Any]:
    return {"status_code": 400, "json": {"error": {"code": code, "error_subcode": subcode}}}


ELSEWHERE = {"scope": "whatsapp_business_management", "target_ids": ["999"]}


def number(id: str = PHONE, **changes: Any) -> dict[str, Any]:
    node = {"id": id, "display_phone_number": f"+{id}", "platform_type": "CLOUD_API"}
    return {**node, **changes}


class Meta:
    """Graph as these tests need it: each route may be changed before the call."""

    def __init__(self, router: respx.MockRouter) -> None:
        self.router = router
        self.token = router.get(f"{ROOT}/debug_token").respond(json=token_facts())
        self.waba = router.get(f"{ROOT}/{WABA}").respond(json={"id": WABA, "name": "Lucky Shrub"})
        self.numbers = router.get(f"{ROOT}/{WABA}/phone_numbers").respond(
            json={"data": [number("1"), number()]}
        )
        self.is_subscribed, self.callback = False, ""
        self.subscription = router.get(f"{ROOT}/{WABA}/subscribed_apps").mock(
            side_effect=self._tell
        )
        self.app = router.get(f"{ROOT}/{APP_ID}/subscriptions").respond(json=app_webhook())
        self.subscribe = router.post(f"{ROOT}/{WABA}/subscribed_apps").mock(side_effect=self.on)
        self.unsubscribe = router.delete(f"{ROOT}/{WABA}/subscribed_apps").mock(
            side_effect=self.off
        )
        self.number = router.post(f"{ROOT}/{PHONE}").respond(json={"success": True})

    def on(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content or b"{}")
        self.is_subscribed, self.callback = True, asked.get("override_callback_uri", "")
        return httpx.Response(200, json={"success": True})

    def off(self, request: httpx.Request) -> httpx.Response:
        self.is_subscribed, self.callback = False, ""
        return httpx.Response(200, json={"success": True})

    def _tell(self, request: httpx.Request) -> httpx.Response:
        app: dict[str, Any] = {"whatsapp_business_api_data": {"id": APP_ID}}
        if self.callback:
            app["override_callback_uri"] = self.callback
        other = {"whatsapp_business_api_data": {"id": "1"}, "override_callback_uri": AWAY}
        return httpx.Response(200, json={"data": [other, *([app] if self.is_subscribed else [])]})

    @property
    def counts(self) -> tuple[int, int]:
        return self.subscribe.call_count, self.unsubscribe.call_count


@pytest.fixture
def meta() -> Any:
    with respx.mock(assert_all_called=False) as router:
        yield Meta(router)


@pytest.fixture
def account(host: RecordingHost) -> StandInAccount:
    host.accounts["account-1"] = StandInAccount()
    return host.accounts["account-1"]


@pytest.fixture
def plugin(host: RecordingHost) -> WhatsApp:
    return WhatsApp(host)


async def start(plugin: WhatsApp, host: RecordingHost, listener: Listener) -> None:
    await plugin.listener_added(listener, host.accounts["account-1"])
    host.listening[listener.id] = listener


async def stop(plugin: WhatsApp, host: RecordingHost, listener: Listener) -> None:
    host.listening.pop(listener.id, None)
    await plugin.listener_removed(listener, host.accounts["account-1"])


async def test_the_first_listener_subscribes_its_account_with_its_own_token(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    await start(plugin, host, listener(f"messages:{WABA}:{PHONE}"))

    assert meta.counts == (1, 0)
    sent = meta.subscribe.calls.last.request
    assert sent.headers["authorization"] == f"Bearer {account.token}"
    assert meta.waba.calls.last.request.headers["authorization"] == f"Bearer {account.token}"


async def test_the_last_listener_unsubscribes_and_not_the_one_before(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    one, two = listener(), listener(f"account:{WABA}:account_update", "flow-2/update")
    meta.app.respond(json=app_webhook(fields=["messages", "account_update"]))
    await start(plugin, host, one)
    await start(plugin, host, two)

    await stop(plugin, host, one)
    assert meta.unsubscribe.call_count == 0

    await stop(plugin, host, two)
    assert meta.unsubscribe.call_count == 1


async def test_starting_and_stopping_twice_is_like_once(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    await start(plugin, host, listener())
    await start(plugin, host, listener())
    await stop(plugin, host, listener())
    await stop(plugin, host, listener())

    assert meta.unsubscribe.call_count == 1
    assert host.store.entries == {}


async def test_an_account_whose_id_begins_alike_does_not_count(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    longer = listener(f"messages:{WABA}9", "flow-9/incoming")
    host.listening[longer.id] = longer
    await start(plugin, host, listener())

    await stop(plugin, host, listener())

    assert meta.unsubscribe.call_count == 1


async def test_a_listener_that_is_just_being_stored_keeps_the_subscription(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    await start(plugin, host, listener())
    # The second has been let in, and the host has not stored it yet.
    await plugin.listener_added(listener(id="flow-2/incoming"), account)

    await stop(plugin, host, listener())

    assert meta.unsubscribe.call_count == 0


async def test_a_listener_that_starts_while_meta_unsubscribes_is_subscribed_again(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    await start(plugin, host, listener())

    def meanwhile(request: httpx.Request) -> httpx.Response:
        other = listener(id="flow-2/incoming")
        host.listening[other.id] = other
        return meta.off(request)

    meta.unsubscribe.mock(side_effect=meanwhile)
    await stop(plugin, host, listener())

    assert meta.counts == (2, 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"token": success(token_facts(granular_scopes=[ELSEWHERE]))}, [WABA, "acme"]),
        ({"token": success(token_facts(scopes=[], granular_scopes=[]))}, [WABA, "acme"]),
        ({"token": success(token_facts(app_id="1"))}, ["another Meta app", APP_ID]),
        ({"waba": refusal(100, 33)}, [WABA, "no access"]),
        ({"waba": success({"id": "999"})}, [WABA]),
        ({"subscribe": refusal(10)}, [WABA, "Grant the permission"]),
        ({"subscribe": success({"success": False})}, [WABA]),
        ({"app": success({"data": []})}, ["callback URL", "Configuration"]),
        ({"app": success(app_webhook(fields=["account_update"]))}, ["messages"]),
        ({"app": success(app_webhook(active=False))}, ["switched"]),
        ({"app": refusal(190)}, ["clientSecret"]),
    ],
)
async def test_a_listener_that_could_not_hear_is_refused_with_the_reason(
    plugin: WhatsApp,
    host: RecordingHost,
    meta: Meta,
    account: StandInAccount,
    change: dict[str, Any],
    words: list[str],
) -> None:
    [(name, answer)] = change.items()
    getattr(meta, name).respond(**answer)

    with pytest.raises(RejectedError) as caught:
        await start(plugin, host, listener())

    assert [word for word in words if word not in str(caught.value)] == []
    assert host.store.entries == {}
    assert meta.unsubscribe.call_count == 0


@pytest.mark.parametrize(
    ("topic", "field"),
    [
        (f"statuses:{WABA}", "messages"),
        (f"standby:{WABA}:{PHONE}", "standby"),
        (f"account:{WABA}:smb_message_echoes", "smb_message_echoes"),
        (f"account:{WABA}:echo", "smb_message_echoes"),
        (f"account:{WABA}:userPreference", "user_preferences"),
        (f"account:{WABA}:error", "messages"),
        (f"account:{WABA}:template_category_update", "template_category_update"),
        (f"account:{WABA}:novelty_v2", "novelty_v2"),
    ],
)
async def test_a_listener_needs_the_field_that_its_events_come_in_and_no_other(
    plugin: WhatsApp,
    host: RecordingHost,
    meta: Meta,
    account: StandInAccount,
    topic: str,
    field: str,
) -> None:
    meta.app.respond(json=app_webhook(fields=["another"]))
    with pytest.raises(ConfigurationError) as caught:
        await start(plugin, host, listener(topic))
    assert f"`{field}`" in caught.value.cause
    assert f"field `{field}`" in caught.value.cure
    assert meta.counts == (0, 0)

    meta.app.respond(json=app_webhook(fields=[field]))
    await start(plugin, host, listener(topic))

    assert meta.counts == (1, 0)


async def test_whoever_listens_to_all_news_of_an_account_needs_no_certain_field(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    meta.app.respond(json=app_webhook(fields=["another"]))

    await start(plugin, host, listener(f"account:{WABA}"))

    assert meta.counts == (1, 0)


async def test_news_of_an_account_come_to_the_apps_address_whatever_the_accounts_own_is(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    fields = ["messages", "account_update", "smb_message_echoes"]
    meta.app.respond(json=app_webhook(callback_url=AWAY, fields=fields))
    meta.is_subscribed, meta.callback = True, HERE

    await start(plugin, host, listener())
    await start(plugin, host, listener(f"account:{WABA}:smb_message_echoes", "flow-2/echo"))
    with pytest.raises(ConfigurationError) as caught:
        await start(plugin, host, listener(f"account:{WABA}:account_update", "flow-3/news"))

    assert AWAY in caught.value.cause
    assert (HERE in caught.value.cure, "--claim" in caught.value.cure) == (True, False)


async def test_an_accounts_own_address_takes_no_news_of_it_away(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    meta.app.respond(json=app_webhook(fields=["messages", "account_update"]))
    meta.is_subscribed, meta.callback = True, AWAY

    await start(plugin, host, listener(f"account:{WABA}:account_update"))
    with pytest.raises(RejectedError) as caught:
        await start(plugin, host, listener())

    assert AWAY in caught.value.cause


async def test_metas_test_button_may_be_heard_by_whoever_has_an_account(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    test = listener("test:messages")

    await start(plugin, host, test)
    await stop(plugin, host, test)

    assert len(meta.router.calls) == 0
    assert host.store.entries == {}
    assert "test:messages" in plugin.visible_topics({"wabaIds": []})


async def test_a_number_of_another_account_is_refused(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    with pytest.raises(RejectedError) as caught:
        await start(plugin, host, listener(f"messages:{WABA}:999"))

    assert caught.value.field == "phoneNumberId"
    assert meta.counts == (0, 0)


@pytest.mark.parametrize(
    "route", ["messages:", "messages:1/2", f"messages:{WABA}:", f"secrets:{WABA}", "", "messages"]
)
async def test_a_route_that_names_no_account_is_refused(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount, route: str
) -> None:
    with pytest.raises(RejectedError):
        await start(plugin, host, listener(route))

    assert len(meta.router.calls) == 0


@pytest.mark.parametrize("name", ["clientSecret", "verifyToken", "clientId"])
async def test_without_the_configuration_no_trigger_starts(
    host: RecordingHost, meta: Meta, account: StandInAccount, name: str
) -> None:
    host.configuration = {key: each for key, each in host.configuration.items() if key != name}

    with pytest.raises(ConfigurationError) as caught:
        await start(WhatsApp(host), host, listener())

    assert caught.value.field == name


async def test_an_expired_token_asks_to_connect_again(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    error = {"code": 190, "subcode": 463, "message": "expired"}
    meta.token.respond(json=token_facts(is_valid=False, error=error))

    with pytest.raises(AuthorizationError) as caught:
        await start(plugin, host, listener())

    assert (caught.value.code, caught.value.subcode) == (190, 463)


async def test_a_meta_that_is_down_lets_the_start_be_tried_later(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    meta.subscribe.respond(429, headers={"Retry-After": "60"})

    with pytest.raises(ThrottledError):
        await start(plugin, host, listener())

    assert host.store.entries == {}


async def test_a_subscription_that_could_not_be_removed_is_removed_later(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    meta.unsubscribe.respond(429)
    await start(plugin, host, listener())
    await stop(plugin, host, listener())
    assert [event for _, event, _ in host.log.lines if event == "subscription.not_removed"]

    meta.unsubscribe.mock(side_effect=meta.off)
    await plugin.reconcile()
    await plugin.reconcile()

    assert meta.unsubscribe.call_count == 2
    assert host.store.entries == {}


async def test_a_start_subscribes_again_whoever_is_heard(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    await start(plugin, host, listener())
    meta.is_subscribed = False

    restarted = WhatsApp(host)
    await restarted.start()
    await restarted.reconcile()
    await restarted.stop()

    assert meta.subscribe.call_count == 2
    assert meta.unsubscribe.call_count == 0


async def test_reconciling_goes_on_after_an_account_that_fails(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    await start(plugin, host, listener())
    meta.is_subscribed = False
    meta.subscribe.respond(403, json={"error": {"code": 10}})

    await plugin.reconcile()

    assert "subscription.not_reconciled" in [event for _, event, _ in host.log.lines]


async def test_a_subscription_whose_account_is_gone_is_forgotten(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    await start(plugin, host, listener())
    host.listening.clear()
    await host.store.delete([*await host.store.scan("starting:")])
    del host.accounts["account-1"]

    await plugin.reconcile()

    assert await host.store.scan("subscription:") == {}
    assert meta.counts == (1, 0)


async def test_a_subscription_whose_account_is_gone_ends_with_the_last_listener_of_another(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    await start(plugin, host, listener())
    host.accounts["account-2"] = replace(host.accounts.pop("account-1"), id="account-2")

    await plugin.reconcile()
    del host.listening[listener().id]
    await plugin.listener_removed(listener(), host.accounts["account-2"])

    assert meta.counts == (1, 1)
    assert host.store.entries == {}


async def test_a_subscription_that_could_not_be_removed_is_removed_by_itself(
    plugin: WhatsApp,
    host: RecordingHost,
    meta: Meta,
    account: StandInAccount,
) -> None:
    await plugin.start()
    keeping = asyncio.ensure_future(host.watched["subscriptions"]())
    await start(plugin, host, listener())
    meta.unsubscribe.respond(429)
    await stop(plugin, host, listener())

    is_removed = asyncio.Event()

    def remove(request: httpx.Request) -> httpx.Response:
        is_removed.set()
        return meta.off(request)

    meta.unsubscribe.mock(side_effect=remove)
    async with asyncio.timeout(20):
        while not is_removed.is_set():
            host.clock.advance(FIRST_PAUSE_S)
            await asyncio.sleep(0.01)
    keeping.cancel()

    assert meta.is_subscribed is False


async def test_what_actions_rely_on_is_subscribed_until_nobody_relies_on_it(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    one, two = (relied_on(f"flow-{each}/send") for each in (1, 2))
    await start(plugin, host, one)
    await start(plugin, host, two)
    await stop(plugin, host, one)
    counts = [meta.counts]
    await stop(plugin, host, two)

    assert [*counts, meta.counts] == [(1, 0), (1, 1)]
    assert host.store.entries == {}


Change = Callable[[Meta, dict[str, str]], object]
# What keeps statuses from coming, what mends it, and a part of what is said.
HINDRANCES: list[tuple[Change, Change, str]] = [
    (
        lambda meta, settings: settings.pop("verifyToken"),
        lambda meta, settings: settings.update(verifyToken="v"),
        "verifyToken",
    ),
    (
        lambda meta, settings: meta.app.respond(json=app_webhook(callback_url=AWAY)),
        lambda meta, settings: meta.app.respond(json=app_webhook()),
        AWAY,
    ),
    (
        lambda meta, settings: meta.subscribe.respond(429),
        lambda meta, settings: meta.subscribe.mock(side_effect=meta.on),
        "Too many calls",
    ),
    (
        lambda meta, settings: meta.subscribe.respond(403, json={"error": {"code": 10}}),
        lambda meta, settings: meta.subscribe.mock(side_effect=meta.on),
        "could not be subscribed",
    ),
]


@pytest.mark.parametrize(
    ("hinder", "mend", "said"),
    HINDRANCES,
    ids=["no verify token", "events that go elsewhere", "a busy Meta", "a refusal"],
)
async def test_what_keeps_statuses_from_coming_is_told_and_made_up_for_by_itself(
    host: RecordingHost,
    meta: Meta,
    account: StandInAccount,
    hinder: Change,
    mend: Change,
    said: str,
) -> None:
    host.configuration = settings = dict(host.configuration)
    plugin = WhatsApp(host)
    await plugin.start()
    keeping = asyncio.ensure_future(host.watched["subscriptions"]())
    # It goes round, finds nothing, and rests until something is left to be done.
    await asyncio.sleep(0)
    hinder(meta, settings)
    with pytest.raises(RejectedError) as caught:
        await start(plugin, host, relied_on())
    # The host stores it all the same.
    host.listening[relied_on().id] = relied_on()
    before = meta.is_subscribed

    mend(meta, settings)
    async with asyncio.timeout(20):
        while not meta.is_subscribed:
            host.clock.advance(FIRST_PAUSE_S)
            await asyncio.sleep(0.01)
    keeping.cancel()
    await stop(plugin, host, relied_on())

    assert f"messages from WhatsApp Business Account {WABA} is not heard here" in str(caught.value)
    assert said in str(caught.value)
    assert (before, meta.is_subscribed) == (False, False)


async def test_what_could_never_be_subscribed_is_forgotten_with_the_last_who_relied_on_it(
    host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    host.configuration = {}
    plugin = WhatsApp(host)
    with pytest.raises(RejectedError):
        await start(plugin, host, relied_on())

    await stop(plugin, host, relied_on())

    assert host.store.entries == {}
    assert meta.counts == (0, 0)


async def test_a_start_that_was_cut_off_leaves_no_subscription_behind(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    await plugin.listener_added(relied_on(), account)

    restarted = WhatsApp(host)
    await restarted.start()
    keeping = asyncio.ensure_future(host.watched["subscriptions"]())
    async with asyncio.timeout(20):
        while meta.is_subscribed:
            host.clock.advance(FIRST_PAUSE_S)
            await asyncio.sleep(0.01)
    keeping.cancel()

    assert meta.counts == (1, 1)


async def test_a_start_and_a_stop_at_once_end_subscribed(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    await start(plugin, host, listener())

    await asyncio.gather(
        stop(plugin, host, listener()), start(plugin, host, listener(id="flow-2/incoming"))
    )

    calls = cast("list[respx.models.Call]", meta.router.calls)
    changes = [each.request.method for each in calls if "subscribed_apps" in each.request.url.path]
    assert changes[-1] == "POST"


async def test_no_error_of_a_start_holds_the_token(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    account.token = "EAAsecret"
    body = {"error": {"code": 100, "error_data": {"details": "EAAsecret is bad"}}}
    meta.waba.respond(400, json=body)

    with pytest.raises(ConnectorError) as caught:
        await start(plugin, host, listener())

    assert "EAAsecret" not in f"{caught.value!r} {host.log.lines}"


def own_callback(id: str, address: str, **changes: Any) -> dict[str, Any]:
    return number(
        id, webhook_configuration={"phone_number": address, "application": HERE}, **changes
    )


def elsewhere_at_the_number(meta: Meta) -> None:
    meta.numbers.respond(json={"data": [number("1"), own_callback(PHONE, AWAY)]})


def elsewhere_at_the_account(meta: Meta) -> None:
    meta.is_subscribed, meta.callback = True, AWAY


def elsewhere_at_the_app(meta: Meta) -> None:
    meta.app.respond(json=app_webhook(callback_url=AWAY))


LEVELS = [elsewhere_at_the_number, elsewhere_at_the_account, elsewhere_at_the_app]


@pytest.mark.parametrize(
    ("divert", "setter", "kind"),
    [
        (elsewhere_at_the_number, f"phone number +{PHONE}", RejectedError),
        (elsewhere_at_the_account, f"WhatsApp Business Account {WABA}", RejectedError),
        (elsewhere_at_the_app, "the Meta app", ConfigurationError),
    ],
)
async def test_a_listener_whose_events_go_elsewhere_is_refused_with_address_and_cure(
    plugin: WhatsApp,
    host: RecordingHost,
    meta: Meta,
    account: StandInAccount,
    divert: Callable[[Meta], None],
    setter: str,
    kind: type[RejectedError],
) -> None:
    divert(meta)

    with pytest.raises(RejectedError) as caught:
        await start(plugin, host, listener())

    assert type(caught.value) is kind
    assert f"{AWAY}, the callback address of {setter}; " in caught.value.cause
    assert HERE in caught.value.cause
    assert "appmixer doctor --claim" in caught.value.cure
    assert meta.counts == (0, 0)
    assert host.store.entries == {}


async def test_only_the_numbers_that_are_listened_to_have_to_come_here(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    elsewhere_at_the_number(meta)

    await start(plugin, host, listener(f"messages:{WABA}:1"))
    with pytest.raises(RejectedError) as caught:
        await start(plugin, host, listener(f"messages:{WABA}:{PHONE}"))

    assert caught.value.field == "phoneNumberId"


async def test_a_number_that_is_not_registered_decides_only_where_there_is_no_other(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    idle = own_callback(PHONE, AWAY, platform_type="NOT_APPLICABLE")

    meta.numbers.respond(json={"data": [number("1"), idle]})
    await start(plugin, host, listener())
    meta.numbers.respond(json={"data": [idle]})
    with pytest.raises(RejectedError):
        await start(plugin, host, listener(id="flow-2/incoming"))


@pytest.mark.parametrize(
    "address",
    [
        HERE,
        "https://ENGINE.example.com:443/plugins/appmixer/whatsapp/events",
        f"{HERE}?from=meta",
    ],
)
async def test_an_address_of_a_higher_level_that_leads_here_wins(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount, address: str
) -> None:
    elsewhere_at_the_app(meta)
    elsewhere_at_the_account(meta)
    meta.numbers.respond(json={"data": [own_callback(PHONE, address)]})

    await start(plugin, host, listener())

    assert list(host.listening) == ["flow-1/incoming"]


@pytest.mark.parametrize(
    "address",
    [
        HERE.replace("https:", "http:"),
        HERE.replace("/events", "/event"),
        f"{HERE}/",
        HERE.replace("engine.", "engine2."),
        HERE.replace(".com", ".com:8443"),
        "https://[",
    ],
)
async def test_an_address_that_only_looks_like_this_one_is_another(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount, address: str
) -> None:
    meta.app.respond(json=app_webhook(callback_url=address))

    with pytest.raises(ConfigurationError):
        await start(plugin, host, listener())


@pytest.mark.parametrize("callback", [HERE, ""])
async def test_an_account_that_is_subscribed_is_not_subscribed_again(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount, callback: str
) -> None:
    meta.is_subscribed, meta.callback = True, callback

    await start(plugin, host, listener())
    await plugin.reconcile()

    assert meta.counts == (0, 0)
    assert meta.callback == callback


@pytest.mark.parametrize("divert", LEVELS)
async def test_the_last_stop_leaves_a_subscription_whose_events_go_elsewhere(
    plugin: WhatsApp,
    host: RecordingHost,
    meta: Meta,
    account: StandInAccount,
    divert: Callable[[Meta], None],
) -> None:
    await start(plugin, host, listener())
    divert(meta)

    await stop(plugin, host, listener())
    await plugin.reconcile()

    assert meta.unsubscribe.call_count == 0
    assert meta.is_subscribed
    assert AWAY in await plugin.ending(WABA, account, 0)


async def test_what_was_left_is_unsubscribed_once_its_events_come_here_and_nobody_listens(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    await start(plugin, host, listener())
    elsewhere_at_the_app(meta)
    await stop(plugin, host, listener())

    meta.app.respond(json=app_webhook())
    await plugin.reconcile()

    assert meta.unsubscribe.call_count == 1
    assert host.store.entries == {}


async def test_a_stop_leaves_what_somebody_else_has_unsubscribed(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    await start(plugin, host, listener())
    meta.is_subscribed = False

    await stop(plugin, host, listener())

    assert meta.unsubscribe.call_count == 0
    assert host.store.entries == {}


async def test_without_a_public_address_a_start_is_let_in_and_told_what_is_not_known(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    host.public_url = ""

    await start(plugin, host, listener())
    told = await plugin.cautions(WABA, None, account)

    assert len(told) == 1
    assert HERE in told[0]
    assert "APPMIXER_PUBLIC_URL" in told[0]


async def test_without_a_public_address_a_stop_leaves_what_may_be_somebody_elses(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    host.public_url = ""
    await start(plugin, host, listener())

    await stop(plugin, host, listener())

    assert meta.unsubscribe.call_count == 0
    assert "APPMIXER_PUBLIC_URL" in await plugin.ending(WABA, account, 0)


async def test_an_app_whose_callback_is_the_host_itself_makes_its_address_known(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    host.public_url, host.local_url = "", "https://engine.example.com"

    await start(plugin, host, listener())
    told = await plugin.cautions(WABA, None, account)
    elsewhere_at_the_account(meta)
    with pytest.raises(RejectedError):
        await start(plugin, host, listener(id="flow-2/incoming"))

    assert told == []


@pytest.mark.parametrize(
    ("numbers", "phone_number_id", "is_told"),
    [
        ([], None, True),
        ([number("1", platform_type="NOT_APPLICABLE")], None, True),
        ([number("1", platform_type="NOT_APPLICABLE"), number()], None, False),
        ([number("1", platform_type="NOT_APPLICABLE"), number()], "1", True),
        ([number("1", platform_type="NOT_APPLICABLE"), number()], PHONE, False),
    ],
)
async def test_a_start_where_no_number_is_registered_is_told_so(
    plugin: WhatsApp,
    meta: Meta,
    account: StandInAccount,
    numbers: list[dict[str, Any]],
    phone_number_id: str | None,
    is_told: bool,
) -> None:
    meta.numbers.respond(json={"data": numbers})

    told = await plugin.cautions(WABA, phone_number_id, account)

    assert ["registered" in each for each in told] == [True] * is_told


@pytest.mark.parametrize(("narrowed", "tells"), [(None, 2), (PHONE, 2), ("1", 1)])
async def test_a_start_says_what_keeps_its_answers_from_going_out(
    plugin: WhatsApp, meta: Meta, account: StandInAccount, narrowed: str | None, tells: int
) -> None:
    other = number("1", display_phone_number="+1 555 000 0001")
    meta.numbers.respond(json={"data": [other, number(display_phone_number="+1 555-078-3881")]})
    await plugin.numbers.find(PHONE, account, [WABA], plugin.graph_for(account))
    restricted = [{"restriction_type": "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"}]
    flagged = {"display_phone_number": "15550783881", "event": "FLAGGED"}
    for field, value in (
        ("account_update", {"event": "ACCOUNT_RESTRICTION", "restriction_info": restricted}),
        ("phone_number_quality_update", flagged),
    ):
        news: dict[str, Any] = {"wabaId": WABA, "entryTime": 1790000000, "value": value}
        await plugin.before_routing([Event(field, field, news)])

    told = await plugin.cautions(WABA, narrowed, account)

    assert told[0].startswith(f"Meta has restricted WhatsApp Business Account {WABA}, as it told")
    assert "It may not answer people who write to it." in told[0]
    assert told[1:] == [each for each in told if "Meta has flagged +15550783881" in each]
    assert len(told) == tells


async def test_a_meta_that_is_busy_after_the_start_takes_nothing_back(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    meta.numbers.respond(429, headers={"Retry-After": "60"})

    assert await plugin.cautions(WABA, None, account) == []
    assert "wiring.not_read" in [event for _, event, _ in host.log.lines]


@pytest.mark.parametrize(
    ("divert", "written", "callback"),
    [
        # The number's address goes, and the app's counts again.
        (elsewhere_at_the_number, [{"override_callback_uri": ""}], ""),
        # The account's address goes, because the app's is this one.
        (elsewhere_at_the_account, [], ""),
        # The app's address stays as it is: other accounts may depend on it.
        (elsewhere_at_the_app, [], HERE),
    ],
)
async def test_a_claim_brings_the_events_here_and_touches_no_more_than_it_has_to(
    plugin: WhatsApp,
    host: RecordingHost,
    meta: Meta,
    account: StandInAccount,
    divert: Callable[[Meta], None],
    written: list[dict[str, str]],
    callback: str,
) -> None:
    account.profile = {"businessAccountId": WABA}
    divert(meta)

    [claimed] = await plugin.claim(account)

    calls = cast("list[respx.models.Call]", meta.number.calls)
    sent = [json.loads(each.request.content)["webhook_configuration"] for each in calls]
    assert sent == written
    assert meta.callback == callback
    assert (claimed.name, claimed.state) == (f"claim {WABA}", "fine")
    assert AWAY in claimed.finding
    if divert is not elsewhere_at_the_number:
        await start(plugin, host, listener())


async def test_a_claim_of_what_comes_here_changes_nothing(
    plugin: WhatsApp, meta: Meta, account: StandInAccount
) -> None:
    account.profile = {"businessAccountId": WABA}

    [claimed] = await plugin.claim(account)

    assert claimed.finding == "Nothing had to be changed."
    assert (meta.counts, meta.number.call_count) == ((0, 0), 0)


async def test_a_claim_of_an_account_that_is_diverted_twice_writes_its_own_address(
    plugin: WhatsApp, meta: Meta, account: StandInAccount
) -> None:
    account.profile = {"businessAccountId": WABA}
    elsewhere_at_the_app(meta)
    elsewhere_at_the_account(meta)

    await plugin.claim(account)

    sent = json.loads(meta.subscribe.calls.last.request.content)
    assert sent == {"override_callback_uri": HERE, "verify_token": "test-verify-token"}


async def test_a_claim_that_meta_refuses_is_told_and_the_others_go_on(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    account.profile = {"businessAccountId": "999", "wabaIds": [WABA]}
    elsewhere_at_the_app(meta)
    for edge in ("subscribed_apps", "phone_numbers"):
        error = {"error": {"code": 100, "error_subcode": 33}}
        meta.router.get(f"{ROOT}/999/{edge}").respond(400, json=error)

    refused, claimed = await plugin.claim(account)

    assert (refused.name, refused.state, bool(refused.cure)) == ("claim 999", "fault", True)
    assert (claimed.name, claimed.state) == (f"claim {WABA}", "fine")
    assert "test-verify-token" not in f"{refused} {claimed} {host.log.lines}"


async def test_the_last_stop_keeps_an_address_that_somebody_has_claimed(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    account.profile = {"businessAccountId": WABA}
    elsewhere_at_the_app(meta)
    await plugin.claim(account)
    await start(plugin, host, listener())

    await stop(plugin, host, listener())

    assert meta.unsubscribe.call_count == 0
    assert meta.callback == HERE
    assert "own callback address" in await plugin.ending(WABA, account, 0)


async def test_an_ending_is_told_by_what_has_become_of_the_subscription(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    await start(plugin, host, listener())
    heard = await plugin.ending(WABA, account, 0)
    meta.unsubscribe.respond(429, headers={"Retry-After": "60"})
    await stop(plugin, host, listener())
    failed = await plugin.ending(WABA, account, 0)
    meta.unsubscribe.mock(side_effect=meta.off)
    await plugin.reconcile()
    over = await plugin.ending(WABA, account, 0)

    assert heard == ""
    assert "stays subscribed" in failed
    assert "is unsubscribed" in over


async def test_an_account_that_keeps_its_subscription_is_not_unsubscribed_by_the_last_stop(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    account.settings = {"keepSubscribed": True}
    await start(plugin, host, listener())

    await stop(plugin, host, listener())
    await plugin.reconcile()
    kept = meta.is_subscribed, await plugin.ending(WABA, account, 0)
    account.settings = {"keepSubscribed": False}
    await plugin.reconcile()

    assert kept[0] is True
    assert "can be replayed" in kept[1]
    assert meta.is_subscribed is False
    assert host.store.entries == {}
