"""The login dialog: there and back, in one browser, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx
import pytest
import sqlalchemy as sa

from appmixer.engine.contract import ConfigurationError, Credentials, JsonObject, RejectedError
from appmixer.engine.database import store
from appmixer.engine.engine import Engine

pytestmark = pytest.mark.anyio

SERVICE = "test:echo"
CALLBACK = "http://127.0.0.1:8321/auth/echo/callback"


@dataclass
class Dialog:
    """A provider whose dialog answers with a code; `answers` is what came back."""

    answers: list[tuple[str, dict[str, str]]]
    is_set_up: bool = True

    def authorization_url(self, *, redirect_uri: str, state: str) -> str:
        if not self.is_set_up:
            raise ConfigurationError("No client id", "It was never set.", "Set <clientId>.")
        return f"https://login.example/dialog?redirect_uri={redirect_uri}&state={state}"

    async def connect(self, *, redirect_uri: str, answer: Mapping[str, str]) -> Credentials:
        self.answers.append((redirect_uri, dict(answer)))
        if "error" in answer:
            raise RejectedError("Nothing was granted", "You chose <Cancel>.", "Try again.")
        return Credentials(answer["code"], {"rooms": ["hall"]}, "Hall & Co")

    async def connect_token(self, access_token: str) -> Credentials:
        raise NotImplementedError

    async def refresh(self, credentials: Credentials) -> Credentials:
        raise NotImplementedError

    async def validate(self, credentials: Credentials) -> JsonObject:
        raise NotImplementedError

    async def check_settings(self, credentials: Credentials, settings: JsonObject) -> JsonObject:
        raise NotImplementedError


@pytest.fixture
def dialog(engine: Engine) -> Dialog:
    provider = Dialog([])
    engine.providers[SERVICE] = provider
    return provider


def state_of(answer: httpx.Response) -> str:
    return httpx.URL(answer.headers["location"]).params["state"]


async def test_connects_an_account_in_the_browser_that_began(
    admin: httpx.AsyncClient, dialog: Dialog
) -> None:
    begun = await admin.get("/auth/echo/start?name=acme")
    state = state_of(begun)

    ended = await admin.get(f"/auth/echo/callback?code=hall&state={state}")

    cookie = begun.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "path=/auth" in cookie
    assert (begun.status_code, ended.status_code) == (302, 200)
    assert "The account <strong>acme</strong> is ready" in ended.text
    assert dialog.answers == [(CALLBACK, {"code": "hall"})]
    [account] = (await admin.get("/api/accounts")).json()["accounts"]
    assert (account["name"], account["state"]) == ("acme", "connected")


async def test_a_state_is_used_once(admin: httpx.AsyncClient, dialog: Dialog) -> None:
    state = state_of(await admin.get("/auth/echo/start"))
    await admin.get(f"/auth/echo/callback?code=hall&state={state}")

    again = await admin.get(f"/auth/echo/callback?code=cellar&state={state}")

    assert again.status_code == 400
    assert "This login is over" in again.text
    assert len(dialog.answers) == 1


async def test_another_browser_cannot_end_the_login(
    new_browser: Callable[[], httpx.AsyncClient], admin: httpx.AsyncClient, dialog: Dialog
) -> None:
    state = state_of(await admin.get("/auth/echo/start"))
    async with new_browser() as stranger:
        refused = await stranger.get(f"/auth/echo/callback?code=hall&state={state}")

    assert refused.status_code == 403
    assert "began in another browser" in refused.text
    assert dialog.answers == []
    assert (await admin.get("/api/accounts")).json() == {"accounts": []}


@pytest.mark.parametrize("query", ["code=hall&state=made-up", "code=hall", ""])
async def test_a_login_that_never_began_cannot_end(
    admin: httpx.AsyncClient, dialog: Dialog, query: str
) -> None:
    answer = await admin.get(f"/auth/echo/callback?{query}")

    assert answer.status_code == 400
    assert dialog.answers == []


async def test_a_login_ends_after_ten_minutes(
    engine: Engine, admin: httpx.AsyncClient, dialog: Dialog
) -> None:
    state = state_of(await admin.get("/auth/echo/start"))
    aged = sa.update(store).values(expires_at=store.c.expires_at - 601)
    await engine.writer.commit(lambda connection: connection.execute(aged))

    answer = await admin.get(f"/auth/echo/callback?code=hall&state={state}")

    assert answer.status_code == 400
    assert dialog.answers == []


async def test_the_state_is_stored_hashed(
    engine: Engine, admin: httpx.AsyncClient, dialog: Dialog
) -> None:
    state = state_of(await admin.get("/auth/echo/start"))

    rows = await engine.rows(sa.select(store))

    assert len(rows) == 1
    assert state not in str(rows)


async def test_a_refusal_is_a_page_with_cause_and_cure(
    admin: httpx.AsyncClient, dialog: Dialog
) -> None:
    state = state_of(await admin.get("/auth/echo/start"))

    answer = await admin.get(f"/auth/echo/callback?error=access_denied&state={state}")

    assert answer.status_code == 400
    assert "<h1>Nothing was granted</h1><p>You chose &lt;Cancel&gt;.</p>" in answer.text
    assert "<strong>Try again.</strong>" in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert (await admin.get("/api/accounts")).json() == {"accounts": []}


async def test_an_unfinished_setup_is_a_page_that_says_so(
    admin: httpx.AsyncClient, dialog: Dialog
) -> None:
    dialog.is_set_up = False

    answer = await admin.get("/auth/echo/start")

    assert answer.status_code == 400
    assert "No client id" in answer.text
    assert "Set &lt;clientId&gt;." in answer.text


async def test_nobody_knows_whose_account_it_would_be(
    browser: httpx.AsyncClient, dialog: Dialog
) -> None:
    answer = await browser.get("/auth/echo/start?name=acme")

    assert answer.status_code == 401
    assert "You are not signed in" in answer.text


async def test_a_one_time_link_begins_the_login_without_showing_its_token_again(
    admin: httpx.AsyncClient, browser: httpx.AsyncClient, dialog: Dialog
) -> None:
    made = await admin.post("/api/links", json={"path": "/auth/echo/start?name=a%26b"})
    link = httpx.URL(made.json()["url"])

    signed_in = await browser.get(link)
    begun = await browser.get(signed_in.headers["location"])
    await browser.get(f"/auth/echo/callback?code=hall&state={state_of(begun)}")

    assert signed_in.headers["location"] == "/auth/echo/start?name=a%26b"
    [account] = (await admin.get("/api/accounts")).json()["accounts"]
    assert account["name"] == "a&b"


async def test_an_unknown_service_is_a_page_that_says_so(
    admin: httpx.AsyncClient, dialog: Dialog
) -> None:
    answer = await admin.get("/auth/nothing/start")

    assert answer.status_code == 404
    assert "There is no service &#x27;nothing&#x27; to log in to." in answer.text
