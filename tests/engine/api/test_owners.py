"""Who may do what: tokens, one-time links, sessions, and the walls between owners."""

from __future__ import annotations

import stat
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa

from appmixer.engine.accounts.api_token import read_token
from appmixer.engine.accounts.owners import (
    INVITATION,
    INVITATION_LIFE_S,
    SESSION,
    Identity,
    Owners,
    hash_of,
)
from appmixer.engine.contract import Connector
from appmixer.engine.contract.testing import Clock
from appmixer.engine.errors import StartError
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.settings import Settings
from appmixer.engine.storage.tables import tokens

pytestmark = pytest.mark.anyio

FLOW: dict[str, Any] = {
    "name": "Echo",
    "components": {"heard": {"type": "test.echo.Heard", "account": "keys"}},
}


async def link_token(client: httpx.AsyncClient, path: str = "/") -> str:
    made = await client.post("/api/links", json={"path": path})
    return str(httpx.URL(made.json()["url"]).params["token"])


async def test_the_first_start_makes_a_token_that_only_its_user_can_read(engine: Engine) -> None:
    path = engine.settings.data / "api-token"

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_text()) >= 40


async def test_stores_only_hashes_of_tokens(engine: Engine) -> None:
    token = (engine.settings.data / "api-token").read_text()

    rows = await engine.rows(sa.select(tokens))

    assert [row.is_administrator for row in rows] == [True]
    assert token not in str(rows)


async def test_a_token_from_the_environment_counts_and_ends_with_its_variable(
    settings: Settings, connectors: dict[str, Connector]
) -> None:
    first = replace(settings, environment={"APPMIXER_API_TOKEN": "first-token-of-sixteen"})
    second = replace(settings, environment={"APPMIXER_API_TOKEN": "second-token-of-sixteen"})
    async with open_engine(first, connectors) as engine:
        known = await engine.owners.identify("first-token-of-sixteen", "environment")
        owner_id = engine.owners.first_owner_id
    async with open_engine(second, connectors) as engine:
        forgotten = await engine.owners.identify("first-token-of-sixteen", "environment")
        present = await engine.owners.identify("second-token-of-sixteen", "environment")

    assert (known, forgotten) == (Identity(owner_id, "main", True), None)
    assert present == known
    assert not (settings.data / "api-token").exists()


async def test_refuses_a_short_token_from_the_environment(
    settings: Settings, engine: Engine
) -> None:
    engine.settings = replace(settings, environment={"APPMIXER_API_TOKEN": "short"})

    with pytest.raises(StartError, match="at least 16 characters"):
        await Owners(engine.storage, engine.settings).start()


@pytest.mark.parametrize("authorization", ["", "Bearer wrong", "Basic abc", "Bearer"])
async def test_refuses_who_has_no_token(browser: httpx.AsyncClient, authorization: str) -> None:
    answer = await browser.get("/api/flows", headers={"Authorization": authorization})

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json()["error"]["title"] == "The request does not say who you are"


@pytest.mark.parametrize("secret", ["", " ", "short"])
async def test_nothing_blanks_and_what_is_short_identify_nobody_even_if_stored(
    engine: Engine, browser: httpx.AsyncClient, secret: str
) -> None:
    row = {
        "hash": hash_of(secret),
        "owner_id": engine.owners.first_owner_id,
        "is_administrator": True,
        "created_at": 0.0,
    }
    statuses: list[int] = []
    for kind, path, headers in (
        ("api", "/api/me", {"Authorization": f"Bearer {secret}"}),
        ("session", "/api/me", {"Cookie": f"appmixer_session={secret}"}),
        ("invite", f"/?token={quote(secret)}", {}),
    ):
        stored = sa.insert(tokens).prefix_with("OR REPLACE").values(**row, kind=kind)
        await engine.writer.commit(partial(sa.Connection.execute, statement=stored))
        statuses.append((await browser.get(path, headers=headers)).status_code)

    assert statuses == [401, 401, 303]
    assert dict(browser.cookies) == {}


async def test_an_empty_header_is_not_replaced_by_a_cookie(
    admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    await browser.get(f"/?token={await link_token(admin)}")

    answer = await browser.put("/api/flows/echo", json=FLOW, headers={"Authorization": ""})

    assert answer.status_code == 401


async def test_an_owner_gets_a_token_once(admin: httpx.AsyncClient) -> None:
    made = await admin.post("/api/owners", json={"name": "Globex"})
    again = await admin.post("/api/owners", json={"name": "Globex"})
    listed = await admin.get("/api/owners")

    assert (made.status_code, again.status_code) == (201, 409)
    assert again.json()["error"]["field"] == "name"
    assert [each["name"] for each in listed.json()["owners"]] == ["main", "Globex"]
    assert made.json()["token"] not in listed.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/owners"),
        ("POST", "/api/owners"),
        ("POST", "/api/owners/main/tokens"),
        ("GET", "/api/configuration"),
        ("PUT", "/api/configuration/test:echo/secret"),
        ("DELETE", "/api/configuration/test:echo/secret"),
        ("GET", "/api/checks"),
    ],
)
async def test_what_is_the_administrators_is_refused_to_others(
    other: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await other.request(method, path, json={"name": "x", "value": "x"})

    assert answer.status_code == 403
    assert answer.json()["error"]["title"] == "Only the administrator may do this"


async def test_a_new_token_of_an_administrator_is_none_and_replacing_keeps_the_first(
    admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    made = await admin.post("/api/owners/main/tokens", json={"replace": True})
    known = await browser.get(
        "/api/me", headers={"Authorization": f"Bearer {made.json()['token']}"}
    )
    missing = await admin.post("/api/owners/nobody/tokens")

    assert made.status_code == 201
    assert (known.json()["name"], known.json()["isAdministrator"]) == ("main", False)
    assert (await admin.get("/api/owners")).status_code == 200
    assert (missing.status_code, missing.json()["error"]["title"]) == (
        404,
        "There is no owner 'nobody'.",
    )


async def test_an_owner_finds_nothing_of_another_owner(
    admin: httpx.AsyncClient, other: httpx.AsyncClient, owner: str
) -> None:
    account = (await admin.get("/api/accounts")).json()["accounts"][0]["id"]
    file = (await admin.post("/api/files?name=a.txt", content=b"a")).json()["id"]
    await admin.put("/api/flows/echo", json=FLOW)
    asked = [
        ("GET", f"/api/accounts/{account}"),
        ("DELETE", f"/api/accounts/{account}"),
        ("POST", f"/api/accounts/{account}/refresh"),
        ("GET", f"/api/accounts/{account}/checks"),
        ("GET", f"/api/files/{file}"),
        ("GET", f"/api/files/{file}/content"),
        ("DELETE", f"/api/files/{file}"),
        ("GET", "/api/flows/echo"),
        ("POST", "/api/flows/echo/start"),
        ("POST", "/api/flows/echo/stop"),
        ("DELETE", "/api/flows/echo"),
        ("GET", "/api/runs/nothing"),
        ("POST", "/api/events/1/replay"),
    ]

    answers = [(await other.request(method, path)).status_code for method, path in asked]
    lists = [
        (await other.get(f"/api/{each}")).json()[each]
        for each in ("accounts", "files", "flows", "runs", "events")
    ]

    assert answers == [404] * len(asked)
    assert lists == [[], [], [], [], []]
    assert (await admin.get(f"/api/files/{file}/content")).content == b"a"
    assert (await admin.get("/api/flows/echo")).status_code == 200


async def test_an_invitation_ends_after_ten_minutes(engine: Engine) -> None:
    clock = Clock()
    owners = Owners(replace(engine.storage, clock=clock), engine.settings)
    identity = Identity(engine.owners.first_owner_id, "main", is_administrator=True)
    invitation = await owners.invite(identity)

    clock.advance(INVITATION_LIFE_S)

    assert await owners.redeem(invitation) is None


async def test_a_session_ends_when_the_person_signs_out(
    engine: Engine, admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    await browser.get(f"/?token={await link_token(admin)}")
    session = browser.cookies["appmixer_session"]

    await browser.post("/sign-out")

    assert await engine.owners.identify(session, SESSION) is None


async def test_an_invitation_is_no_bearer_token(
    admin: httpx.AsyncClient, browser: httpx.AsyncClient, engine: Engine
) -> None:
    token = await link_token(admin)

    answer = await browser.get("/api/me", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401
    assert await engine.owners.identify(token, INVITATION) is not None


async def test_a_session_changes_things_only_from_the_engines_own_pages(
    admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    await browser.get(f"/?token={await link_token(admin)}")
    origins = [None, "https://evil.example", "null", "http://127.0.0.1:8321"]

    answers = [
        await browser.put("/api/flows/echo", json=FLOW, headers={"Origin": each} if each else {})
        for each in origins
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403, 200]


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil", "/a b"])
async def test_a_link_leads_only_to_the_engines_own_pages(
    admin: httpx.AsyncClient, path: str
) -> None:
    answer = await admin.post("/api/links", json={"path": path})

    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "path")


async def test_a_folder_without_token_file_has_no_token(tmp_path: Path) -> None:
    assert read_token(tmp_path, {}) == ""
