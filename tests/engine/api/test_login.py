"""The login dialog: there and back, in one browser, once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx
import pytest
import sqlalchemy as sa

from appmixer.engine.contract import ConfigurationError, Credentials, JsonObject, RejectedError
from appmixer.engine.host.engine import Engine
from appmixer.engine.storage.tables import store

pytestmark = pytest.mark.anyio

SERVICE = "test:echo"
CALLBACK = "http://127.0.0.1:8321/auth/echo/callback"


@dataclass
class Dialog:
    """A provider whose dialog answers with a code; `answers` is what came back."""

    answers: list[tuple[str, dict[str, str]]]
    is_set_up: bool = True
    profile: JsonObject = field(default_factory=lambda: {"rooms": ["hall"]})
    asks: dict[str, str] = field(default_factory=dict[str, str])

    def authorization_url(self, *, redirect_uri: str, state: str) -> str:
        if not self.is_set_up:
            raise ConfigurationError("No client id", "It was never set.", "Set <clientId>.")
        return f"https://login.example/dialog?redirect_uri={redirect_uri}&state={state}"

    async def connect(self, *, redirect_uri: str, answer: Mapping[str, str]) -> Credentials:
        self.answers.append((redirect_uri, dict(answer)))
        if "error" in answer:
            raise RejectedError("Nothing was granted", "You chose <Cancel>.", "Try again.")
        return await self.connect_token(answer["code"])

    async def connect_token(self, access_token: str) -> Credentials:
        return Credentials(access_token, self.profile, "Hall & Co", asks=self.asks)

    async def refresh(self, credentials: Credentials) -> Credentials:
        raise NotImplementedError

    async def validate(self, credentials: Credentials) -> JsonObject:
        raise NotImplementedError

    async def check_settings(self, credentials: Credentials, settings: JsonObject) -> JsonObject:
        if settings.get("room") == "vault":
            raise RejectedError("No <key>", "It opens other doors.", "Take another.", "room")
        room = settings.get("room", "hall")
        return {**self.profile, "rooms": [room], "names": {str(room): "A room"}, "room": room}


@pytest.fixture
def dialog(engine: Engine) -> Dialog:
    provider = Dialog([])
    engine.providers[SERVICE] = provider
    return provider


def secret_of(page: httpx.Response) -> str:
    found = re.search('name="secret" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


async def press(browser: httpx.AsyncClient, page: httpx.Response, **fields: str) -> httpx.Response:
    """Send the page's form, as its button does."""
    action = re.search('action="([^"]+)"', page.text)
    assert action, page.text
    return await browser.post(action[1], data={"secret": secret_of(page), **fields})


async def link_of(client: httpx.AsyncClient, path: str) -> httpx.URL:
    return httpx.URL((await client.post("/api/links", json={"path": path})).json()["url"])


async def names_of(client: httpx.AsyncClient) -> list[str]:
    return [each["name"] for each in (await client.get("/api/accounts")).json()["accounts"]]


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


async def test_a_one_time_link_says_for_whom_it_connects_and_waits_for_the_button(
    engine: Engine, other: httpx.AsyncClient, browser: httpx.AsyncClient, dialog: Dialog
) -> None:
    link = await link_of(other, "/auth/echo/start?name=a%26b")

    page = await browser.get(link)
    before = await browser.get("/api/me")
    begun = await press(browser, page)
    await browser.get(f"/auth/echo/callback?code=hall&state={state_of(begun)}")

    assert page.status_code == 200
    assert "<h1>Connect your Echo account?</h1>" in page.text
    assert "your Echo account to <strong>Other</strong> on this engine" in page.text
    assert "called <strong>a&amp;b</strong>" in page.text
    assert link.params["token"] not in page.text
    assert (before.status_code, begun.status_code) == (401, 303)
    assert begun.headers["location"].startswith("https://login.example/dialog")
    assert await names_of(other) == ["a&b"]
    assert (await browser.get("/api/me")).json()["name"] == "Other"
    rows = await engine.rows(sa.select(store))
    assert link.params["token"] not in str(rows)


async def test_the_page_lets_the_form_lead_to_the_services_login(
    other: httpx.AsyncClient, browser: httpx.AsyncClient, dialog: Dialog
) -> None:
    page = await browser.get(await link_of(other, "/auth/echo/start"))

    # Chromium holds form-action against every address that the answer redirects to.
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "form-action" not in policy


async def test_a_link_leaves_another_owners_session_alone(
    admin: httpx.AsyncClient,
    other: httpx.AsyncClient,
    browser: httpx.AsyncClient,
    dialog: Dialog,
) -> None:
    await browser.get(await link_of(admin, "/"))

    page = await browser.get(await link_of(other, "/auth/echo/start?name=acme"))
    begun = await press(browser, page)
    await browser.get(f"/auth/echo/callback?code=hall&state={state_of(begun)}")

    assert "You are signed in here as <strong>main</strong>, and stay so." in page.text
    assert (await browser.get("/api/me")).json()["name"] == "main"
    assert (await names_of(admin), await names_of(other)) == ([], ["acme"])


async def test_a_link_begins_one_login(
    other: httpx.AsyncClient, browser: httpx.AsyncClient, dialog: Dialog
) -> None:
    link = await link_of(other, "/auth/echo/start")
    first, second = await browser.get(link), await browser.get(link)

    statuses = [(await press(browser, page)).status_code for page in (first, first, second)] + [
        (await browser.get(link)).status_code
    ]

    assert statuses == [303, 400, 401, 401]


@pytest.mark.parametrize(
    ("came_from", "status"),
    [
        ("same-origin", 302),
        ("same-site", 200),
        ("cross-site", 200),
        ("none", 200),
        (None, 200),
    ],
)
async def test_only_a_click_on_the_engines_own_page_goes_straight_on(
    admin: httpx.AsyncClient,
    browser: httpx.AsyncClient,
    dialog: Dialog,
    came_from: str | None,
    status: int,
) -> None:
    await browser.get(await link_of(admin, "/"))
    headers = {"Sec-Fetch-Site": came_from} if came_from else {}

    answer = await browser.get("/auth/echo/start?name=acme", headers=headers)

    assert answer.status_code == status
    if status == 200:
        assert "to <strong>main</strong> on this engine" in answer.text
        assert (await press(browser, answer)).status_code == 303


async def test_a_page_is_answered_only_in_the_browser_that_was_asked(
    admin: httpx.AsyncClient,
    other: httpx.AsyncClient,
    browser: httpx.AsyncClient,
    new_browser: Callable[[], httpx.AsyncClient],
    dialog: Dialog,
) -> None:
    await browser.get(await link_of(admin, "/"))
    async with new_browser() as attackers:
        page = await attackers.get(await link_of(other, "/auth/echo/start"))
    asked = await browser.get("/auth/echo/start")

    forged = await press(browser, page)
    made_up = await browser.post("/auth/echo/start", data={"secret": "made-up"})
    nothing = await browser.post("/auth/echo/start")
    wrong_kind = await browser.post("/auth/sign-in", data={"secret": secret_of(asked)})

    refused = [each.status_code for each in (forged, made_up, nothing, wrong_kind)]
    assert refused == [403, 400, 400, 400]
    assert (await browser.get("/api/me")).json()["name"] == "main"


async def test_a_session_that_ended_meanwhile_begins_no_login(
    admin: httpx.AsyncClient, browser: httpx.AsyncClient, dialog: Dialog
) -> None:
    await browser.get(await link_of(admin, "/"))
    page = await browser.get("/auth/echo/start")
    await browser.post("/sign-out")

    answer = await press(browser, page)

    assert (answer.status_code, "You are not signed in" in answer.text) == (401, True)


async def test_another_owners_link_signs_in_only_after_the_question(
    admin: httpx.AsyncClient, other: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    await browser.get(await link_of(admin, "/"))
    link = await link_of(other, "/")

    page = await browser.get(link)
    before = (await browser.get("/api/me")).json()["name"]
    answer = await press(browser, page)

    assert page.status_code == 200
    assert "You are signed in here as <strong>main</strong>" in page.text
    assert "as <strong>Other</strong> instead" in page.text
    assert before == "main"
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await browser.get("/api/me")).json()["name"] == "Other"
    assert (await press(browser, page)).status_code == 400


async def test_a_new_link_of_the_same_owner_needs_no_question(
    admin: httpx.AsyncClient, browser: httpx.AsyncClient
) -> None:
    await browser.get(await link_of(admin, "/"))

    assert (await browser.get(await link_of(admin, "/"))).status_code == 303


async def test_what_the_service_does_not_tell_is_asked_of_the_person(
    admin: httpx.AsyncClient, dialog: Dialog
) -> None:
    dialog.asks = {"room": "Nobody said which <room>."}
    state = state_of(await admin.get("/auth/echo/start?name=acme"))

    page = await admin.get(f"/auth/echo/callback?code=t0ken&state={state}")
    before = await names_of(admin)
    wrong = await press(admin, page, **{"setting.room": "vault"})
    empty = await press(admin, wrong, **{"setting.room": " "})
    right = await press(admin, empty, **{"setting.room": "attic"})

    assert "<h1>Favourite Room is needed</h1><p>Nobody said which &lt;room&gt;.</p>" in page.text
    assert ("t0ken" in page.text, before) == (False, [])
    assert (wrong.status_code, empty.status_code) == (400, 400)
    assert "<h1>No &lt;key&gt;</h1><p>It opens other doors.</p><p>Take another.</p>" in wrong.text
    assert 'value="vault"' in wrong.text
    assert "The account <strong>acme</strong> is ready" in right.text
    [account] = (await admin.get("/api/accounts")).json()["accounts"]
    assert (account["settings"], account["profile"]["rooms"]) == ({"room": "attic"}, ["attic"])


async def test_connecting_again_remembers_what_was_asked_before(
    admin: httpx.AsyncClient, dialog: Dialog
) -> None:
    dialog.asks = {"room": "Nobody said which."}
    body = {"service": SERVICE, "name": "acme", "accessToken": "t0ken"}

    refused = await admin.post("/api/accounts", json=body)
    made = await admin.post("/api/accounts", json={**body, "settings": {"room": "attic"}})
    again = await admin.post("/api/accounts", json={**body, "accessToken": "other"})

    assert (refused.status_code, refused.json()["error"]) == (
        422,
        {
            "title": "Favourite Room is needed",
            "cause": "Nobody said which.",
            "cure": "Name it in the setting room.",
            "field": "room",
        },
    )
    assert (made.status_code, again.status_code) == (201, 201)
    assert again.json()["id"] == made.json()["id"]
    assert again.json()["settings"] == {"room": "attic"}


async def test_a_person_chooses_among_what_the_login_reaches(
    admin: httpx.AsyncClient, dialog: Dialog
) -> None:
    names = {"hall": "Great Hall", "cellar": "<Cellar>"}
    dialog.profile = {"rooms": ["hall", "cellar"], "room": "hall", "names": names}
    state = state_of(await admin.get("/auth/echo/start?name=acme"))

    page = await admin.get(f"/auth/echo/callback?code=hall&state={state}")
    chosen = await press(admin, page, **{"setting.room": "cellar"})

    assert '<option value="hall" selected>Great Hall (hall)</option>' in page.text
    assert '<option value="cellar">&lt;Cellar&gt; (cellar)</option>' in page.text
    assert chosen.status_code == 200
    [account] = (await admin.get("/api/accounts")).json()["accounts"]
    assert account["settings"] == {"room": "cellar"}


async def test_an_unknown_service_is_a_page_that_says_so(
    admin: httpx.AsyncClient, dialog: Dialog
) -> None:
    answer = await admin.get("/auth/nothing/start")

    assert answer.status_code == 404
    assert "There is no service &#x27;nothing&#x27; to log in to." in answer.text


NEXT = "/flows/x?step=a&connected=old"


async def begun_on_a_page(client: httpx.AsyncClient, page: str = NEXT) -> str:
    """Begin a login as a page of ours does; return its state."""
    query = {"name": "Hall & Co", "next": page}
    return state_of(await client.get("/auth/echo/start", params=query))


async def test_a_login_ends_on_the_page_that_began_it_which_learns_the_accounts_name(
    admin: httpx.AsyncClient, dialog: Dialog
) -> None:
    state = await begun_on_a_page(admin)

    ended = await admin.get(f"/auth/echo/callback?code=hall&state={state}")

    assert (ended.status_code, ended.headers["location"]) == (
        303,
        "/flows/x?step=a&connected=Hall+%26+Co",
    )


async def test_a_login_that_fails_leads_back_to_the_page_that_began_it(
    admin: httpx.AsyncClient, browser: httpx.AsyncClient, dialog: Dialog
) -> None:
    state = await begun_on_a_page(admin)
    refused = await admin.get(f"/auth/echo/callback?error=access_denied&state={state}")
    nobody = await browser.get("/auth/echo/start", params={"next": NEXT})
    dialog.is_set_up = False
    unready = await admin.get("/auth/echo/start", params={"next": NEXT})

    assert [each.status_code for each in (refused, nobody, unready)] == [400, 401, 400]
    for page in (refused, nobody, unready):
        assert 'href="/flows/x?step=a&amp;connected=old">Back to the engine</a>' in page.text


@pytest.mark.parametrize(
    "page",
    ["//evil.example", "https://evil.example", "/\\evil.example", "flows", "/\t/evil.example"],
)
async def test_a_login_leads_only_to_the_engines_own_pages(
    admin: httpx.AsyncClient, dialog: Dialog, page: str
) -> None:
    answer = await admin.get("/auth/echo/start", params={"next": page})

    assert answer.status_code == 400
    assert "This login would not lead back here" in answer.text
    assert "evil" not in answer.text


async def test_where_there_is_a_choice_the_page_that_began_is_led_to_after_it(
    admin: httpx.AsyncClient, dialog: Dialog
) -> None:
    names = {"hall": "Hall", "cellar": "Cellar"}
    dialog.profile = {"rooms": ["hall", "cellar"], "room": "hall", "names": names}
    state = await begun_on_a_page(admin, "/accounts")

    page = await admin.get(f"/auth/echo/callback?code=hall&state={state}")
    chosen = await press(admin, page, **{"setting.room": "cellar"})

    assert page.status_code == 200
    assert '<a class="button" href="/accounts?connected=Hall+%26+Co">' in page.text
    assert (chosen.status_code, chosen.headers["location"]) == (
        303,
        "/accounts?connected=Hall+%26+Co",
    )


async def test_in_a_window_of_its_own_a_login_ends_with_a_page_that_says_so(
    admin: httpx.AsyncClient, dialog: Dialog
) -> None:
    state = state_of(await admin.get("/auth/echo/start?name=acme"))

    page = await admin.get(f"/auth/echo/callback?code=hall&state={state}")

    assert "You can close this window." in page.text
    assert "script" not in page.text


async def test_a_session_that_a_browser_keeps_to_itself_does_not_go_straight_to_the_dialog(
    admin: httpx.AsyncClient, browser: httpx.AsyncClient, dialog: Dialog
) -> None:
    await browser.get(await link_of(admin, "/"))
    session = browser.cookies["appmixer_session"]
    del browser.cookies["appmixer_session"]

    # So comes who follows a link on another site: without what is strict.
    asked = await browser.get("/auth/echo/start?name=acme&next=/flows/x")
    forged = await browser.get(
        "/auth/echo/start?name=acme", headers={"Sec-Fetch-Site": "same-origin"}
    )
    without = await press(browser, forged)
    browser.cookies["appmixer_session"] = session
    begun = await press(browser, asked)
    ended = await browser.get(f"/auth/echo/callback?code=hall&state={state_of(begun)}")

    assert [each.status_code for each in (asked, forged, without, begun)] == [200, 200, 401, 303]
    assert "to <strong>main</strong> on this engine" in asked.text
    assert ended.headers["location"] == "/flows/x?connected=acme"
