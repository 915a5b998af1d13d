"""API keys: how one is connected, where it goes, and where it never goes."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest
from aiohttp import web

from appmixer.utilities.reach.api_keys import read_origins

from ..site import Site, flow, step
from .service import Service

pytestmark = pytest.mark.anyio

SECRET = "k3y-of/the=crm"
SERVICE = "appmixer:utilities"


async def connect(site: Site, secret: str = SECRET, **settings: Any) -> httpx.Response:
    content = {"service": SERVICE, "name": "crm", "secret": secret, "settings": settings}
    return await site.client.post("/api/accounts", json=content)


def calling(url: str, **more: Any) -> dict[str, Any]:
    return flow(called=step("HttpRequest", {"url": url, **more}, "begin.started", account="crm"))


async def play(site: Site, url: str, **more: Any) -> dict[str, Any]:
    run = await site.play(calling(url, **more))
    # What a run shows, and what the log says, is read by more people than the key is for.
    assert SECRET not in json.dumps(run)
    [called] = [each for each in run["steps"] if each["component"] == "called"]
    return dict(called)


def basic(pair: str) -> str:
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


@pytest.mark.parametrize(
    ("settings", "secret", "name", "value"),
    [
        ({}, SECRET, "authorization", f"Bearer {SECRET}"),
        ({"sentAs": "bearer"}, SECRET, "authorization", f"Bearer {SECRET}"),
        ({"sentAs": "header"}, SECRET, "x-api-key", SECRET),
        ({"sentAs": "header", "name": "X-Token"}, SECRET, "x-token", SECRET),
        ({"sentAs": "header", "prefix": "Token"}, SECRET, "x-api-key", f"Token {SECRET}"),
        ({"sentAs": "header", "prefix": "key="}, SECRET, "x-api-key", f"key={SECRET}"),
        ({"sentAs": "basic", "user": "me"}, SECRET, "authorization", basic(f"me:{SECRET}")),
        ({"sentAs": "basic"}, SECRET, "authorization", basic(f"{SECRET}:")),
        ({"sentAs": "basic"}, f"me:{SECRET}", "authorization", basic(f"me:{SECRET}")),
    ],
)
async def test_a_key_goes_where_its_account_says(
    site: Site, service: Service, settings: dict[str, str], secret: str, name: str, value: str
) -> None:
    service.gives("/", web.Response(text="ok"))
    connected = await connect(site, secret, hosts=service.url, **settings)

    called = await play(site, service.url)

    assert (connected.status_code, called["status"]) == (201, "completed")
    assert service.asked[0].headers[name] == value
    assert SECRET not in connected.text


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({}, "/?a=1&api_key=k3y-of%2Fthe%3Dcrm"),
        ({"name": "token", "prefix": "x-"}, "/?a=1&token=x-k3y-of%2Fthe%3Dcrm"),
    ],
)
async def test_a_key_in_the_query_is_in_no_output(
    site: Site, service: Service, settings: dict[str, str], path: str
) -> None:
    service.gives("/", web.Response(text="ok"))
    await connect(site, hosts=service.url, sentAs="query", **settings)

    called = await play(site, f"{service.url}/?a=1")

    assert service.asked[0].path == path
    assert "Authorization" not in service.asked[0].headers
    assert called["output"]["response"][0]["url"] == f"{service.url}/?a=1"


async def test_a_key_that_a_service_repeats_is_hidden(site: Site, service: Service) -> None:
    echo = {"you": f"said {SECRET}", "in": {SECRET: [f"Bearer {SECRET}", 1]}}
    service.gives("/", web.json_response(echo, headers={"X-Echo": SECRET}))
    service.gives("/refuses", web.json_response({"message": f"bad {SECRET}"}, status=403))
    await connect(site, hosts=service.url)

    answered = await play(site, service.url)
    refused = await play(site, f"{service.url}/refuses")

    [answer] = answered["output"]["response"]
    assert answer["body"] == {"you": "said ••••••", "in": {"••••••": ["Bearer ••••••", 1]}}
    assert answer["headers"]["x-echo"] == "••••••"
    assert refused["error"]["cause"] == "127.0.0.1 answered 403: bad ••••••."


@pytest.mark.parametrize(
    "hosts",
    ["api.example.com, http://127.0.0.1:{port}1", "127.0.0.1:{port}", "http://127.0.0.1"],
    ids=["others", "encrypted only", "another port"],
)
async def test_a_key_goes_to_no_host_that_its_account_does_not_name(
    site: Site, service: Service, hosts: str
) -> None:
    service.gives("/", web.Response(text="ok"))
    await connect(site, hosts=hosts.format(port=service.port))

    called = await play(site, service.url)

    assert (called["status"], called["error"]["field"]) == ("failed", "url")
    assert called["error"]["title"] == "The key is not for this host"
    assert service.asked == []


@pytest.mark.parametrize("way", ["bearer", "header", "query"])
async def test_a_key_and_headers_of_the_flows_own_do_not_follow_a_redirect_elsewhere(
    site: Site, service: Service, way: str
) -> None:
    site.environment["APPMIXER_PRIVATE_HOSTS"] += f", localhost:{service.port}"
    await site.restart()
    elsewhere = f"http://localhost:{service.port}"
    service.gives("/", web.Response(status=302, headers={"Location": f"{elsewhere}/there"}))
    service.gives("/there", web.Response(status=302, headers={"Location": f"{service.url}/back"}))
    service.gives("/back", web.Response(text="ok"))
    await connect(site, hosts=f"{service.url}, {elsewhere}", sentAs=way)

    await play(site, service.url, headers={"X-Own": "secret", "Accept": "text/plain"})

    first, second, third = service.asked
    assert SECRET in "".join(first.headers.values()) or "api_key" in first.path
    assert first.headers["x-own"] == "secret"
    for later in (second, third):
        assert SECRET not in str(later.headers)
        assert "x-own" not in later.headers
        assert "api_key" not in later.path
        assert later.headers["accept"] == "text/plain"


async def test_a_key_follows_a_redirect_within_its_host(site: Site, service: Service) -> None:
    service.gives("/", web.Response(status=302, headers={"Location": "/there"}))
    service.gives("/there", web.Response(text="ok"))
    await connect(site, hosts=service.url)

    await play(site, service.url)

    assert [each.headers["authorization"] for each in service.asked] == [f"Bearer {SECRET}"] * 2


async def test_a_key_that_the_service_refuses_pauses_the_run_until_another_is_connected(
    site: Site, service: Service
) -> None:
    service.gives("/", web.Response(status=401), web.Response(text="ok"))
    await connect(site, hosts=service.url)
    run_id = await site.begin(calling(service.url, method="POST"))

    async def has_paused() -> bool:
        [account] = (await site.client.get("/api/accounts")).json()["accounts"]
        return bool(account["state"] == "reconnect")

    await site.until(has_paused)
    again = await site.client.post(
        "/api/accounts", json={"service": SERVICE, "name": "crm", "secret": "another"}
    )
    run = await site.ended(run_id)

    assert again.status_code == 201, again.text
    assert run["status"] == "completed"
    sent = [each.headers["authorization"] for each in service.asked]
    assert sent == [f"Bearer {SECRET}", "Bearer another"]


async def test_a_dry_run_does_not_show_the_key(site: Site, service: Service) -> None:
    for way in ("bearer", "basic", "header", "query"):
        await connect(site, hosts=service.url, sentAs=way)
        answer = await site.client.post(
            "/api/components/appmixer.utilities.HttpRequest/test",
            json={
                "dryRun": True,
                "account": "crm",
                "input": {"method": "POST", "url": service.url},
            },
        )

        assert answer.json()["status"] == "notSent", answer.text
        assert SECRET not in answer.text
        assert "k3y-of%2Fthe" not in answer.text
        assert base64.b64encode(f"{SECRET}:".encode()).decode() not in answer.text
    assert service.asked == []


async def test_a_step_without_an_account_goes_without_a_key(site: Site, service: Service) -> None:
    service.gives("/", web.Response(text="ok"))
    await connect(site, hosts=service.url)

    await site.play(flow(called=step("HttpRequest", {"url": service.url}, "begin.started")))

    assert "authorization" not in service.asked[0].headers


async def test_a_flow_that_names_an_account_which_is_not_there_does_not_start(
    site: Site, service: Service
) -> None:
    hook = calling(service.url)
    hook["components"]["shaped"] = step(
        "SetValues",
        {"values": [{"name": "a", "value": 1}]},
        "called.response",
        account="crm",
    )
    assert (await site.put(hook)).status_code == 200

    refused = await site.client.post("/api/flows/flow/start")

    found = {each["path"]: each["text"] for each in refused.json()["errors"]}
    assert refused.status_code == 422
    assert found.keys() == {"components.called.account", "components.shaped.account"}
    assert "There is no account crm" in found["components.called.account"]
    assert found["components.shaped.account"] == "It works on behalf of no account; leave it out."


@pytest.mark.parametrize(
    ("secret", "settings", "field"),
    [
        (SECRET, {}, "hosts"),
        (SECRET, {"hosts": "https://api.example.com/v1"}, "hosts"),
        (SECRET, {"hosts": "*.example.com"}, "hosts"),
        (SECRET, {"hosts": "ftp://api.example.com"}, "hosts"),
        (SECRET, {"hosts": "me:pw@api.example.com"}, "hosts"),
        (SECRET, {"hosts": " , "}, "hosts"),
        (SECRET, {"hosts": ",".join(f"h{each}.io" for each in range(21))}, "hosts"),
        (SECRET, {"hosts": "api.example.com", "sentAs": "cookie"}, "sentAs"),
        (SECRET, {"hosts": "api.example.com", "name": "X Y"}, "name"),
        (SECRET, {"hosts": "api.example.com", "prefix": "a\nb"}, "prefix"),
        (SECRET, {"hosts": "api.example.com", "user": "a:b"}, "user"),
        (SECRET, {"hosts": "api.example.com", "colour": "red"}, "colour"),
        ("a\nb", {"hosts": "api.example.com"}, "secret"),
    ],
)
async def test_what_cannot_be_connected_is_refused_with_the_field(
    site: Site, secret: str, settings: dict[str, str], field: str
) -> None:
    refused = await connect(site, secret, **settings)

    error = refused.json()["error"]
    assert (refused.status_code, error["field"]) == (422, field)
    assert error["cure"]
    assert (await site.client.get("/api/accounts")).json()["accounts"] == []


async def test_the_hosts_of_a_key_change_only_with_the_key(site: Site) -> None:
    account_id = (await connect(site, hosts="api.example.com")).json()["id"]
    path = f"/api/accounts/{account_id}"

    other = await site.client.patch(path, json={"hosts": "evil.example"})
    gone = await site.client.patch(path, json={"hosts": None})
    same = await site.client.patch(path, json={"hosts": "https://API.example.com:443"})
    way = await site.client.patch(path, json={"sentAs": "header"})
    again = await connect(site, hosts="api.example.org")

    assert [each.status_code for each in (other, gone, same, way, again)] == [
        *(422, 422, 200, 200, 201),
    ]
    assert other.json()["error"]["title"] == "The hosts of a key do not change"
    assert gone.json()["error"]["title"] == "Hosts is needed"
    assert again.json()["id"] == account_id
    assert again.json()["profile"]["hosts"] == ["https://api.example.org"]
    assert again.json()["settings"]["sentAs"] == "header"


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        ({}, "as a bearer token"),
        ({"sentAs": "header", "name": "X-Key"}, "in the header X-Key"),
        ({"sentAs": "query"}, "in the query, as api_key"),
        ({"sentAs": "basic", "user": "me"}, "as the password of me"),
        ({"sentAs": "basic"}, "as a user's name"),
    ],
)
async def test_a_page_is_told_what_a_key_is_for_and_not_the_key(
    site: Site, settings: dict[str, str], sent: str
) -> None:
    connected = (await connect(site, hosts="api.example.com,crm.io:8443", **settings)).json()

    told = await site.client.get(f"/api/accounts/{connected['id']}/facts")
    checked = await site.client.get(f"/api/accounts/{connected['id']}/checks")

    assert [(each["label"], each["value"]) for each in told.json()["facts"]] == [
        ("Sent to", "https://api.example.com, https://crm.io:8443"),
        ("Sent", sent),
    ]
    assert checked.json()["account"]["state"] == "connected"
    assert SECRET not in told.text + checked.text


async def test_a_page_is_told_what_to_ask_for(site: Site) -> None:
    [shown] = (await site.client.get("/api/components")).json()["connectors"]

    auth = shown["auth"]
    assert (auth["type"], auth["keyLabel"], auth["forAll"]) == (
        "apiKey",
        "Key, Token or Password",
        False,
    )
    assert [(each["name"], each["required"]) for each in auth["settings"]] == [
        ("hosts", True),
        ("sentAs", False),
        ("name", False),
        ("prefix", False),
        ("user", False),
    ]
    accounts = {
        each["name"].rpartition(".")[2]: (each["needsAccount"], each["takesAccount"])
        for each in shown["components"]
    }
    assert accounts.pop("HttpRequest") == (False, True)
    assert set(accounts.values()) == {(False, False)}


def test_hosts_are_the_same_however_they_are_written() -> None:
    written = "API.Example.com https://api.example.com:443/, http://crm.internal:8080 [::1]:9000"

    assert read_origins(written) == [
        "https://api.example.com",
        "http://crm.internal:8080",
        "https://[::1]:9000",
    ]
