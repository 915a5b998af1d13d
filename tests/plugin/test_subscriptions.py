"""A WABA is subscribed as long as somebody listens, and only for those who have a right to it."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import httpx
import pytest
import respx

from appmixer.engine.contract import (
    AuthorizationError,
    ConfigurationError,
    ConnectorError,
    Listener,
    RejectedError,
    ThrottledError,
)
from appmixer.engine.contract.testing import RecordingHost, StandInAccount
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

pytestmark = pytest.mark.anyio

ROOT = "https://graph.facebook.com/v25.0"
APP_ID = "634974688087057"
WABA = "102290129340398"
PHONE = "106540352242922"


def listener(route: str = f"messages:{WABA}", id: str = "flow-1/incoming") -> Listener:
    return Listener(id, route, {}, "account-1")


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
        "callback_url": "https://example.com/events",
        "active": True,
        "fields": [{"name": "messages", "version": "v25.0"}],
    }
    return {"data": [{**row, **changes}]}


def success(body: dict[str, Any]) -> dict[str, Any]:
    return {"json": body}


def refusal(code: int, subcode: int | None = None) -> dict[str, Any]:
    return {"status_code": 400, "json": {"error": {"code": code, "error_subcode": subcode}}}


ELSEWHERE = {"scope": "whatsapp_business_management", "target_ids": ["999"]}


class Meta:
    """Graph as these tests need it: each route may be changed before the call."""

    def __init__(self, router: respx.MockRouter) -> None:
        self.router = router
        self.token = router.get(f"{ROOT}/debug_token").respond(json=token_facts())
        self.waba = router.get(f"{ROOT}/{WABA}").respond(json={"id": WABA, "name": "Lucky Shrub"})
        self.numbers = router.get(f"{ROOT}/{WABA}/phone_numbers").respond(
            json={"data": [{"id": "1"}, {"id": PHONE}]}
        )
        self.app = router.get(f"{ROOT}/{APP_ID}/subscriptions").respond(json=app_webhook())
        self.subscribe = router.post(f"{ROOT}/{WABA}/subscribed_apps").respond(
            json={"success": True}
        )
        self.unsubscribe = router.delete(f"{ROOT}/{WABA}/subscribed_apps").respond(
            json={"success": True}
        )

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
    one, two = listener(), listener(f"statuses:{WABA}", "flow-2/status")
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
        return httpx.Response(200, json={"success": True})

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

    meta.unsubscribe.respond(json={"success": True})
    await plugin.reconcile()
    await plugin.reconcile()

    assert meta.unsubscribe.call_count == 2
    assert host.store.entries == {}


async def test_a_start_subscribes_again_whoever_is_heard(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    await start(plugin, host, listener())

    restarted = WhatsApp(host)
    await restarted.start()
    await restarted.reconcile()
    await restarted.stop()

    assert meta.subscribe.call_count >= 2
    assert meta.unsubscribe.call_count == 0


async def test_reconciling_goes_on_after_an_account_that_fails(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    await start(plugin, host, listener())
    meta.subscribe.respond(403, json={"error": {"code": 10}})

    await plugin.reconcile()

    assert "subscription.not_reconciled" in [event for _, event, _ in host.log.lines]


async def test_a_subscription_whose_account_is_gone_is_forgotten(
    plugin: WhatsApp, host: RecordingHost, meta: Meta, account: StandInAccount
) -> None:
    await start(plugin, host, listener())
    del host.accounts["account-1"]

    await plugin.reconcile()

    assert await host.store.scan("subscription:") == {}
    assert meta.counts == (1, 0)


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
