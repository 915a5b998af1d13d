"""Tokens of owners: listed without their secrets, and ended one by one, by the administrator."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.anyio

ACME = "/api/owners/Acme/tokens"


@pytest.fixture
async def acme(admin: httpx.AsyncClient) -> dict[str, Any]:
    """An owner with two tokens; the newest one is returned."""
    await admin.post("/api/owners", json={"name": "Acme"})
    made: dict[str, Any] = (await admin.post(ACME)).json()
    return made


async def test_tokens_are_listed_the_newest_first_without_their_secrets(
    admin: httpx.AsyncClient, acme: dict[str, Any]
) -> None:
    answer = await admin.get(ACME)

    listed = answer.json()["tokens"]
    assert listed[0]["createdAt"] == acme["createdAt"]
    assert [(each["kind"], each["isAdministrator"], each["expiresAt"]) for each in listed] == [
        ("api", False, None)
    ] * 2
    assert acme["token"] not in answer.text


async def test_one_token_is_ended_and_the_other_goes_on(
    admin: httpx.AsyncClient, browser: httpx.AsyncClient, acme: dict[str, Any]
) -> None:
    bearer = {"Authorization": f"Bearer {acme['token']}"}
    before = await browser.get("/api/me", headers=bearer)
    newest, oldest = (await admin.get(ACME)).json()["tokens"]

    ended = await admin.delete(f"{ACME}/{newest['id']}")
    again = await admin.delete(f"{ACME}/{newest['id']}")

    after = await browser.get("/api/me", headers=bearer)
    assert [each.status_code for each in (before, ended, again, after)] == [200, 204, 404, 401]
    assert (await admin.get(ACME)).json()["tokens"] == [oldest]


async def test_a_token_that_comes_from_outside_is_not_ended_here(
    admin: httpx.AsyncClient,
) -> None:
    me = (await admin.get("/api/me")).json()["name"]
    path = f"/api/owners/{me}/tokens"
    [first] = (await admin.get(path)).json()["tokens"]

    refused = await admin.delete(f"{path}/{first['id']}")

    assert (first["kind"], first["isAdministrator"]) == ("first", True)
    assert refused.status_code == 409
    assert refused.json()["error"]["title"] == "This token comes from outside"
    assert (await admin.get("/api/me")).status_code == 200


async def test_an_owner_sees_and_ends_nobodys_tokens(
    admin: httpx.AsyncClient, other: httpx.AsyncClient, acme: dict[str, Any]
) -> None:
    [newest, _] = (await admin.get(ACME)).json()["tokens"]

    answers = [await other.get(ACME), await other.delete(f"{ACME}/{newest['id']}")]
    elsewhere = await admin.delete(f"/api/owners/Other/tokens/{newest['id']}")

    assert [each.status_code for each in answers] == [403, 403]
    assert elsewhere.status_code == 404
    assert len((await admin.get(ACME)).json()["tokens"]) == 2
