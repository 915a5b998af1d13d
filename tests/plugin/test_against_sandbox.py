"""Account, graph, subscriptions and endpoint against the simulated Meta, over real HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from appmixer.engine.contract import (
    AuthorizationError,
    ConfigurationError,
    Listener,
    OutcomeUnknownError,
    RejectedError,
    Request,
    ThrottledError,
)
from appmixer.engine.contract.testing import RecordingHost, StandInAccount
from appmixer.sandbox.gateway.server import serve
from appmixer.whatsapp.auth.provider import WhatsAppAccounts
from appmixer.whatsapp.plugin.foreign_json.shapes import as_texts
from appmixer.whatsapp.plugin.graph.account import AccountGraph
from appmixer.whatsapp.plugin.webhook.endpoint import ENDPOINT
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

pytestmark = pytest.mark.anyio

CALLBACK = "http://127.0.0.1:9/auth/whatsapp/callback"


@pytest.fixture(scope="module")
def sandbox_url() -> Iterator[str]:
    """A sandbox of its own loop and thread, so that every test may have a loop too."""
    started: list[str] = []
    is_ready = threading.Event()

    def note(address: str) -> None:
        started.append(address)
        is_ready.set()

    loop = asyncio.new_event_loop()
    task = loop.create_task(serve("127.0.0.1", 0, on_started=note))

    def run() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert is_ready.wait(100)
    yield started[0]
    loop.call_soon_threadsafe(task.cancel)
    thread.join(100)


@pytest.fixture
async def host(sandbox_url: str) -> AsyncIterator[RecordingHost]:
    async with httpx.AsyncClient() as http:
        await http.post(f"{sandbox_url}/_sandbox/reset")
        seed = (await http.get(f"{sandbox_url}/_sandbox/fixture")).json()
        yield RecordingHost(
            configuration={
                "clientId": seed["appId"],
                "clientSecret": seed["appSecret"],
                "configId": seed["configId"],
                "verifyToken": seed["verifyToken"],
                "graphUrl": sandbox_url,
                "dialogUrl": sandbox_url,
            },
            http=http,
        )


@pytest.fixture
async def seed(host: RecordingHost, sandbox_url: str) -> dict[str, Any]:
    found: dict[str, Any] = (await host.http.get(f"{sandbox_url}/_sandbox/fixture")).json()
    return found


async def log_in(host: RecordingHost, **choice: Any) -> dict[str, str]:
    url = WhatsAppAccounts(host).authorization_url(redirect_uri=CALLBACK, state="s1")
    page = await host.http.post(url, data=choice)
    assert page.status_code == 302, page.text
    return dict(parse_qsl(urlsplit(page.headers["location"]).query))


SCOPES = ["whatsapp_business_management", "whatsapp_business_messaging"]


async def test_the_login_dialog_connects_what_was_picked(
    host: RecordingHost, seed: dict[str, Any]
) -> None:
    answer = await log_in(host, decision="approve", scopes=SCOPES, waba_ids=[seed["wabaId"]])

    credentials = await WhatsAppAccounts(host).connect(redirect_uri=CALLBACK, answer=answer)

    assert answer["state"] == "s1"
    assert credentials.profile["wabaIds"] == [seed["wabaId"]]
    assert credentials.profile["businessAccountId"] == seed["wabaId"]
    assert credentials.expires_at is not None
    await WhatsAppAccounts(host).validate(credentials)
    renewed = await WhatsAppAccounts(host).refresh(credentials)
    assert renewed.profile == credentials.profile


@pytest.mark.parametrize(
    ("choice", "title"),
    [
        ({"decision": "cancel"}, "The login was cancelled"),
        (
            {"decision": "approve", "scopes": SCOPES},
            "No WhatsApp Business Account selected during authentication",
        ),
        (
            {"decision": "approve", "scopes": SCOPES[:1], "waba_ids": ["102290129340398"]},
            "Permission missing: whatsapp_business_messaging",
        ),
    ],
)
async def test_a_login_that_shares_too_little_is_refused(
    host: RecordingHost, choice: dict[str, Any], title: str
) -> None:
    answer = await log_in(host, **choice)

    with pytest.raises(RejectedError) as caught:
        await WhatsAppAccounts(host).connect(redirect_uri=CALLBACK, answer=answer)

    assert caught.value.title == title


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("clientSecret", "not-it", ["`clientSecret`", "Error validating client secret"]),
        ("clientId", "1", ["`clientId`", "Cannot get application info"]),
    ],
)
async def test_a_login_with_wrong_keys_names_the_key(
    host: RecordingHost, seed: dict[str, Any], key: str, value: str, words: list[str]
) -> None:
    answer = await log_in(host, decision="approve", scopes=SCOPES, waba_ids=[seed["wabaId"]])
    host.configuration = {**host.configuration, key: value}

    with pytest.raises(ConfigurationError) as caught:
        await WhatsAppAccounts(host).connect(redirect_uri=CALLBACK, answer=answer)

    assert caught.value.field == key
    assert [word for word in words if word not in str(caught.value)] == []


async def test_a_login_that_comes_back_elsewhere_names_the_fields_of_the_dashboard(
    host: RecordingHost, seed: dict[str, Any]
) -> None:
    answer = await log_in(host, decision="approve", scopes=SCOPES, waba_ids=[seed["wabaId"]])

    with pytest.raises(ConfigurationError, match="Valid OAuth Redirect URIs"):
        await WhatsAppAccounts(host).connect(redirect_uri=f"{CALLBACK}/", answer=answer)
    with pytest.raises(AuthorizationError, match="no code of a login"):
        await WhatsAppAccounts(host).connect(redirect_uri=CALLBACK, answer={"code": "made-up"})


async def test_a_token_of_another_app_is_refused_as_such(
    host: RecordingHost, sandbox_url: str
) -> None:
    app = await host.http.post(
        f"{sandbox_url}/_sandbox/apps",
        json={"name": "Other", "secret": "other-secret", "verifyToken": "v"},
    )
    users = (await host.http.get(f"{sandbox_url}/_sandbox/world")).json()["users"]
    made = {"userId": users[0]["id"], "appId": app.json()["id"]}
    token = (await host.http.post(f"{sandbox_url}/_sandbox/tokens", json=made)).json()["value"]

    with pytest.raises(RejectedError) as caught:
        await WhatsAppAccounts(host).connect_token(token)

    assert caught.value.title == "The token belongs to another Meta app"
    assert token not in str(caught.value)


async def test_a_grant_without_limits_asks_and_proves_what_a_person_names(
    host: RecordingHost, seed: dict[str, Any], sandbox_url: str
) -> None:
    made = {
        "userId": next(
            each["id"]
            for each in (await host.http.get(f"{sandbox_url}/_sandbox/world")).json()["users"]
            if each["name"] == "Robin Marsh"
        ),
        "scopes": dict.fromkeys(SCOPES),
    }
    token = (await host.http.post(f"{sandbox_url}/_sandbox/tokens", json=made)).json()["value"]
    provider = WhatsAppAccounts(host)

    found = await provider.connect_token(token)
    hidden = {"endpoint": "assigned_whatsapp_business_accounts", "code": 10}
    await host.http.post(f"{sandbox_url}/_sandbox/faults", json=hidden)
    credentials = await provider.connect_token(token)

    assert (found.asks, len(as_texts(found.profile["wabaIds"]))) == ({}, 2)
    assert list(credentials.asks) == ["businessAccountId"]
    named = {"businessAccountId": seed["wabaId"]}
    assert (await provider.check_settings(credentials, named))["wabaIds"] == [seed["wabaId"]]
    foreign = {"businessAccountId": seed["otherBusiness"]["wabaId"]}
    with pytest.raises(RejectedError, match="was not shared"):
        await provider.check_settings(credentials, foreign)


async def test_a_plain_login_works_without_a_login_configuration(
    host: RecordingHost, seed: dict[str, Any]
) -> None:
    host.configuration = {**host.configuration, "configId": ""}
    answer = await log_in(host, decision="approve", scopes=SCOPES, waba_ids=[seed["wabaId"]])

    credentials = await WhatsAppAccounts(host).connect(redirect_uri=CALLBACK, answer=answer)

    assert credentials.secrets == {"tokenType": "USER"}
    assert credentials.profile["wabaIds"] == [seed["wabaId"]]


async def test_a_system_user_token_connects_and_never_expires(
    host: RecordingHost, seed: dict[str, Any]
) -> None:
    credentials = await WhatsAppAccounts(host).connect_token(seed["systemUserToken"])

    assert credentials.expires_at is None
    assert credentials.profile["wabaIds"] == [seed["wabaId"]]


async def test_a_listener_subscribes_and_one_for_somebody_else_is_refused(
    host: RecordingHost, seed: dict[str, Any]
) -> None:
    plugin = WhatsApp(host)
    account = StandInAccount(token=seed["systemUserToken"])
    configured = plugin.graph
    app_token = plugin.settings.app_token()
    listener = Listener("1", f"messages:{seed['wabaId']}:{seed['phoneNumberId']}", {}, account.id)
    foreign = Listener("2", f"messages:{seed['otherBusiness']['wabaId']}", {}, account.id)

    with pytest.raises(RejectedError, match="callback URL"):
        await plugin.listener_added(listener, account)
    async with webhook_endpoint(plugin) as url:
        host.public_url = url.removesuffix(ENDPOINT)
        # The sandbox shakes hands with the endpoint, as Meta does when the address is saved.
        await configured.post(
            f"{seed['appId']}/subscriptions",
            token=app_token,
            form={
                "object": "whatsapp_business_account",
                "callback_url": url,
                "verify_token": seed["verifyToken"],
                "fields": "messages",
            },
        )
    await plugin.listener_added(listener, account)
    with pytest.raises(RejectedError, match="was not shared") as caught:
        await plugin.listener_added(foreign, account)

    assert seed["otherBusiness"]["wabaId"] in caught.value.title
    calls = plugin.graph_for(account)
    apps = [each async for each in calls.pages(f"{seed['wabaId']}/subscribed_apps")]
    assert [each["whatsapp_business_api_data"]["id"] for each in apps] == [seed["appId"]]
    await plugin.listener_removed(listener, account)
    assert [each async for each in calls.pages(f"{seed['wabaId']}/subscribed_apps")] == []


async def test_a_login_configuration_that_was_deleted_is_a_fault(host: RecordingHost) -> None:
    found: list[str] = []
    for config_id in (host.configuration["configId"], "999"):
        host.configuration = {**host.configuration, "configId": config_id}
        checks = {each.name: each for each in await WhatsApp(host).checks(None)}
        found.append(checks["configId"].state)

    assert found == ["fine", "fault"]


async def test_a_grant_without_limits_hears_only_what_was_proven(
    host: RecordingHost, seed: dict[str, Any], sandbox_url: str
) -> None:
    world = (await host.http.get(f"{sandbox_url}/_sandbox/world")).json()
    [person] = [each["id"] for each in world["users"] if each["name"] == "Robin Marsh"]
    made = {"userId": person, "scopes": dict.fromkeys(SCOPES)}
    token = (await host.http.post(f"{sandbox_url}/_sandbox/tokens", json=made)).json()["value"]
    listener = Listener("1", f"messages:{seed['wabaId']}", {}, "account-1")
    unproven = StandInAccount(token=token)
    proven = StandInAccount(token=token, profile={"wabaIds": [seed["wabaId"]]})

    with pytest.raises(RejectedError, match="appmixer account set acme businessAccountId"):
        await WhatsApp(host).listener_added(listener, unproven)
    # Of a proven one the next thing that is missing is told.
    with pytest.raises(RejectedError, match="callback URL"):
        await WhatsApp(host).listener_added(listener, proven)


async def register_and_break(
    host: RecordingHost, seed: dict[str, Any], fault: dict[str, Any]
) -> AccountGraph:
    """Return the calls of an account that could send, if it were not for the fault."""
    calls = WhatsApp(host).graph_for(StandInAccount(token=seed["systemUserToken"]))
    registration = {"messaging_product": "whatsapp", "pin": seed["pin"]}
    await calls.post(f"{seed['phoneNumberId']}/register", json=registration)
    faults = f"{host.configuration['graphUrl']}/_sandbox/faults"
    await host.http.post(faults, json={"endpoint": "messages", **fault})
    return calls


async def send(calls: AccountGraph, seed: dict[str, Any]) -> dict[str, Any]:
    body = {"messaging_product": "whatsapp", "to": "+16505551234", "text": {"body": "hi"}}
    return await calls.post(f"{seed['phoneNumberId']}/messages", json=body)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "html", "httpStatus": 502},
        {"kind": "html", "httpStatus": 200},
        {"kind": "empty"},
        {"kind": "truncated"},
        {"kind": "disconnect"},
        {"kind": "acceptedThenLost"},
    ],
    ids=str,
)
async def test_a_send_without_a_usable_answer_is_of_unknown_outcome(
    host: RecordingHost, seed: dict[str, Any], fault: dict[str, Any]
) -> None:
    calls = await register_and_break(host, seed, {**fault, "count": 1})

    with pytest.raises(OutcomeUnknownError):
        await send(calls, seed)

    # The number works, so it was the answer that made the difference.
    assert (await send(calls, seed))["messages"][0]["id"].startswith("wamid.")


async def test_a_limit_is_waited_for_as_long_as_meta_says(
    host: RecordingHost, seed: dict[str, Any]
) -> None:
    calls = await register_and_break(host, seed, {"code": 130429, "retryAfterS": 17})

    with pytest.raises(ThrottledError) as caught:
        await send(calls, seed)

    assert caught.value.retry_after_s == 17.0


async def test_a_wrong_pin_is_explained_and_not_tried_again(
    host: RecordingHost, seed: dict[str, Any]
) -> None:
    calls = WhatsApp(host).graph_for(StandInAccount(token=seed["systemUserToken"]))
    registration = {"messaging_product": "whatsapp", "pin": "987654"}

    with pytest.raises(RejectedError) as caught:
        await calls.post(f"{seed['phoneNumberId']}/register", json=registration, repeats=True)

    assert (caught.value.code, caught.value.field) == (133005, "pin")
    assert "987654" not in f"{caught.value!r} {host.log.lines}"
    answer = await host.http.get(f"{host.configuration['graphUrl']}/_sandbox/calls")
    paths = [each["path"] for each in answer.json()["calls"]]
    assert len([path for path in paths if path.endswith("/register")]) == 1


@contextlib.asynccontextmanager
async def webhook_endpoint(plugin: WhatsApp) -> AsyncGenerator[str]:
    """Serve the plugin's routes on a free port, as a host does."""
    [get, post] = plugin.routes

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = (await reader.readline()).decode()
        method, target, _ = line.split(" ")
        while (await reader.readline()).strip():
            pass
        query = dict(parse_qsl(urlsplit(target).query))
        route = get if method == "GET" else post
        response = await route.answer(Request(method, "/events", query, {}, b""))
        head = f"HTTP/1.1 {response.status} X\r\nContent-Length: {len(response.body)}\r\n"
        writer.write(
            f"{head}Content-Type: {response.content_type}\r\nConnection: close\r\n\r\n".encode()
        )
        writer.write(response.body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{ENDPOINT}"
