"""Administration: the one-time setup, the connectors' keys, owners and the engine, on pages."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Error, Locator, Page, Response, expect

from appmixer.demo import rehearsal
from appmixer.engine.settings import Settings
from appmixer.sandbox.testing import running_sandbox

from ..browser import Visitor, smoothness, violations
from .conftest import Site, beside, environment

pytestmark = pytest.mark.anyio

WHATSAPP = rehearsal.CONNECTOR
LABELS = {
    "clientId": "Meta App ID",
    "clientSecret": "Meta App Secret",
    "configId": "Login Configuration ID",
    "verifyToken": "Webhook Verify Token",
    "graphUrl": "Graph API URL",
    "dialogUrl": "Login Dialog URL",
}
PARTS = ("/admin", "/admin/configuration", "/admin/owners", "/admin/engine")
COPYING = {"permissions": ["clipboard-read", "clipboard-write"]}


class TestOfAnEngineThatNobodyHasSetUp:
    async def test_the_setup_is_done_on_its_page_and_ticks_itself(
        self, visitor: Visitor, bare_site: Site
    ) -> None:
        values = rehearsal.configuration(bare_site.sandbox.url)[WHATSAPP]
        page = await opened(visitor, bare_site, "/admin/configuration", **COPYING)
        heard = answers_to(page)
        for key in ("graphUrl", "dialogUrl"):
            await enter(page, key, values[key])
        await page.get_by_role("link", name="Setup").click()
        await expect(page.get_by_text("0 of 4 done")).to_be_visible()

        for key in ("clientId", "clientSecret"):
            await enter(page, key, values[key])
        await expect(step(page, "app")).to_have_attribute("data-state", "done")
        await enter(page, "configId", values["configId"])
        await enter(page, "verifyToken", values["verifyToken"])
        await expect(step(page, "login")).to_have_attribute("data-state", "done")
        webhook = step(page, "webhook")
        await expect(webhook.get_by_text("The Meta app has no callback URL.")).to_be_visible()
        await expect(webhook).to_have_attribute("data-state", "fault")
        await webhook.get_by_role("button", name="Copy Callback URL").click()
        await expect(page.get_by_text("Callback URL copied")).to_be_visible()
        callback = await page.evaluate("navigator.clipboard.readText()")
        told = {"callbackUrl": callback, "verifyToken": values["verifyToken"]}
        assert (await bare_site.controls.post("/webhook", json=told)).json()["verified"] is True
        await page.get_by_role("button", name="Test again").click()

        await expect(webhook.get_by_text("A handshake like Meta's works at")).to_be_visible()
        await expect(webhook).to_have_attribute("data-state", "done")
        await expect(page.get_by_text("3 of 4 done")).to_be_visible()
        assert callback == f"{bare_site.url}{rehearsal.ENGINE_EVENTS}"
        secrets = {values["clientSecret"], values["verifyToken"]}
        assert [each for each in heard if any(secret in each for secret in secrets)] == []
        content = await page.content()
        assert [secret for secret in secrets if secret in content] == []
        typed = "Array.from(document.querySelectorAll('input'), (each) => each.value)"
        assert not secrets & set(await page.evaluate(typed))

    async def test_the_start_leads_to_the_setup_until_nothing_is_missing(
        self, visitor: Visitor, bare_site: Site
    ) -> None:
        page = await opened(visitor, bare_site, "/")

        notice = page.get_by_role("complementary", name="Setup")
        await expect(notice).to_contain_text("WhatsApp is not set up yet")
        assert (await smoothness(page)).layout_shift < 0.05
        assert await violations(page) == []
        await notice.get_by_role("link", name="Set up").click()
        await expect(page).to_have_url(f"{bare_site.url}/admin")
        for name in ("clientId", "clientSecret", "verifyToken"):
            await enter(page, name, "1")
        await page.get_by_role("link", name="Flows").click()

        await expect(page.get_by_role("heading", name="Flows")).to_be_visible()
        await expect(notice).to_have_count(0)

    async def test_whoever_comes_back_to_the_page_finds_ticked_what_was_done_elsewhere(
        self, visitor: Visitor, bare_site: Site
    ) -> None:
        values = rehearsal.configuration(bare_site.sandbox.url)[WHATSAPP]
        for key, value in values.items():
            await bare_site.api.put(f"/api/configuration/{WHATSAPP}/{key}", json={"value": value})
        page = await opened(visitor, bare_site, "/admin")
        await expect(step(page, "webhook")).to_have_attribute("data-state", "fault")
        callback = f"{bare_site.url}{rehearsal.ENGINE_EVENTS}"
        told = {"callbackUrl": callback, "verifyToken": values["verifyToken"]}
        await bare_site.controls.post("/webhook", json=told)

        await page.evaluate(
            "document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))"
        )

        await expect(step(page, "webhook")).to_have_attribute("data-state", "done")

    async def test_a_value_that_cannot_be_is_refused_at_its_key(
        self, visitor: Visitor, bare_site: Site
    ) -> None:
        visitor.expect_complaints("422")
        page = await opened(visitor, bare_site, "/admin")

        await field(page, "clientId").fill("my app")
        await field(page, "clientId").press("Enter")

        wrong = key(page, "clientId").get_by_role("alert")
        await expect(wrong).to_contain_text("This is no Meta App ID")
        await expect(wrong).to_contain_text("has to look like 100000000000001")
        await expect(field(page, "clientId")).to_have_value("my app")
        await field(page, "clientId").fill("100000000000001")
        await expect(wrong).to_be_empty()

    async def test_a_secret_is_replaced_and_reset_but_never_shown(
        self, visitor: Visitor, bare_site: Site
    ) -> None:
        page = await opened(visitor, bare_site, "/admin/configuration")
        await enter(page, "clientSecret", "first-secret")
        secret = key(page, "clientSecret")

        await expect(secret.get_by_text("Is set, and not shown")).to_be_visible()
        await secret.get_by_role("button", name="Replace").press("Enter")
        await expect(field(page, "clientSecret")).to_be_focused()
        await expect(field(page, "clientSecret")).to_have_value("")
        await field(page, "clientSecret").fill("second-secret")
        assert "second-secret" not in await page.content()
        await enter(page, "clientSecret", "second-secret")
        assert await stored(bare_site, "clientSecret") == ("stored", None)
        await secret.get_by_role("button", name="Reset").click()
        await expect(page.get_by_role("dialog")).to_contain_text("does not work until")
        await page.get_by_role("dialog").get_by_role("button", name="Reset").click()

        await expect(secret.get_by_text("needed")).to_be_visible()
        assert await stored(bare_site, "clientSecret") == ("unset", None)

    async def test_a_stored_value_goes_back_to_its_default(
        self, visitor: Visitor, bare_site: Site
    ) -> None:
        page = await opened(visitor, bare_site, "/admin/configuration")
        await enter(page, "graphUrl", "https://graph.example.com")
        await expect(key(page, "graphUrl").get_by_text("stored", exact=True)).to_be_visible()

        await key(page, "graphUrl").get_by_role("button", name="Reset").click()
        await page.get_by_role("dialog").get_by_role("button", name="Reset").click()

        await expect(field(page, "graphUrl")).to_have_value("https://graph.facebook.com")
        await expect(key(page, "graphUrl").get_by_text("default", exact=True)).to_be_visible()

    async def test_a_search_leaves_the_keys_that_it_names(
        self, visitor: Visitor, bare_site: Site
    ) -> None:
        page = await opened(visitor, bare_site, "/admin/configuration")
        await expect(key(page, "clientId")).to_be_visible()

        await page.get_by_role("searchbox").fill("graph version")

        await expect(page.locator("[data-key]")).to_have_count(1)
        await expect(key(page, "graphVersion")).to_be_visible()
        await page.get_by_role("searchbox").fill("nothing of that kind")
        await expect(page.get_by_text("There is no such key")).to_be_visible()


async def test_values_from_the_environment_are_only_read_and_name_their_variable(
    visitor: Visitor, site: Site
) -> None:
    page = await opened(visitor, site, "/admin/configuration")

    app, secret = key(page, "clientId"), key(page, "clientSecret")
    await expect(app.get_by_text("APPMIXER_WHATSAPP_CLIENT_ID")).to_be_visible()
    await expect(field(page, "clientId")).not_to_be_editable()
    await expect(secret.get_by_text("APPMIXER_WHATSAPP_CLIENT_SECRET")).to_be_visible()
    await expect(field(page, "clientSecret")).to_have_value("Is set, and not shown")
    await expect(app.get_by_role("button")).to_have_count(0)
    await expect(secret.get_by_role("button")).to_have_count(0)


@pytest.fixture
async def public_site(tmp_path: Path, built_page: None, visitor: Visitor) -> AsyncGenerator[Site]:
    """One that knows its address, and of which Meta knows it too."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    async with running_sandbox() as sandbox:
        url = f"http://127.0.0.1:{port}"
        values = environment(sandbox.url)
        settings = Settings(data=tmp_path / "data", environment=values, port=port, public_url=url)
        async with beside(sandbox, settings) as site:
            callback = {"callbackUrl": url + rehearsal.ENGINE_EVENTS}
            await site.controls.post("/webhook", json=callback)
            yield site
            await visitor.leave()


async def test_a_setup_that_is_done_says_so_and_leads_to_the_accounts(
    visitor: Visitor, public_site: Site
) -> None:
    page = await opened(visitor, public_site, "/admin")

    await expect(page.get_by_text("4 of 4 done")).to_be_visible()
    await expect(page.get_by_text("Everything is set up")).to_be_visible()
    assert await violations(page) == []
    await page.get_by_role("link", name="Go to the accounts").click()
    await expect(page).to_have_url(f"{public_site.url}/accounts")


class TestOwners:
    async def test_an_owner_is_added_and_their_token_shown_once(
        self, visitor: Visitor, site: Site
    ) -> None:
        page = await opened(visitor, site, "/admin/owners", **COPYING)

        token = await add_owner(page, "Acme")

        await expect(owner(page, "Acme")).to_be_visible()
        assert token not in await page.content()
        assert (await as_owner(site, token))["name"] == "Acme"
        assert (await as_owner(site, token))["isAdministrator"] is False

    async def test_a_name_that_is_taken_is_refused_at_the_field(
        self, visitor: Visitor, site: Site
    ) -> None:
        visitor.expect_complaints("409")
        page = await opened(visitor, site, "/admin/owners")

        await page.get_by_role("button", name="Add owner").click()
        await page.get_by_label("Name").fill("main")
        await page.get_by_label("Name").press("Enter")

        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_text("The owner exists already")).to_be_visible()
        await expect(dialog.get_by_label("Name")).to_have_attribute("aria-invalid", "true")

    async def test_a_token_that_was_not_copied_stays_until_it_is_done_with(
        self, visitor: Visitor, site: Site
    ) -> None:
        page = await opened(visitor, site, "/admin/owners", **COPYING)
        await page.get_by_role("button", name="Add owner").click()
        await page.get_by_label("Name").fill("Acme")
        await page.get_by_label("Name").press("Enter")
        dialog = page.get_by_role("dialog", name="Token of Acme")
        await expect(dialog).to_be_visible()

        await page.keyboard.press("Escape")
        await expect(dialog).to_be_visible()
        await dialog.get_by_role("button", name="Copy API token").click()
        await expect(page.get_by_text("API token copied")).to_be_visible()
        await page.keyboard.press("Escape")

        await expect(dialog).to_have_count(0)

    async def test_tokens_are_listed_and_end_one_by_one(self, visitor: Visitor, site: Site) -> None:
        page = await opened(visitor, site, "/admin/owners", **COPYING)
        first = await add_owner(page, "Acme")
        await owner(page, "Acme").click()
        tokens = page.get_by_role("list", name="Tokens of Acme").get_by_role("listitem")
        await expect(tokens).to_have_count(1)

        await tokens.get_by_role("button", name="End token").click()
        await page.get_by_role("dialog").get_by_role("button", name="End token").click()

        await expect(page.get_by_text("Nothing opens this owner's things")).to_be_visible()
        assert "error" in await as_owner(site, first)

    async def test_all_tokens_are_replaced_by_one(self, visitor: Visitor, site: Site) -> None:
        page = await opened(visitor, site, "/admin/owners", **COPYING)
        first = await add_owner(page, "Acme")
        await owner(page, "Acme").click()
        await page.get_by_role("button", name="New token").click()
        second = await take_token(page)
        await page.get_by_role("button", name="Replace all tokens").click()
        question = page.get_by_role("dialog", name="Replace all tokens of Acme")
        await question.get_by_role("button", name="Replace all tokens").click()

        third = await take_token(page)

        assert ["name" in await as_owner(site, each) for each in (first, second, third)] == [
            False,
            False,
            True,
        ]

    async def test_the_token_of_the_environment_cannot_be_ended_here(
        self, visitor: Visitor, site: Site
    ) -> None:
        page = await opened(visitor, site, "/admin/owners")

        await owner(page, "main").click()

        given = page.locator('[data-kind="environment"]')
        await expect(given.get_by_text("Token from APPMIXER_API_TOKEN")).to_be_visible()
        await expect(given.get_by_text("changed where the engine runs")).to_be_visible()
        await expect(given.get_by_role("button")).to_have_count(0)

    async def test_a_new_owner_signs_in_by_a_link_and_meets_no_administration(
        self, visitor: Visitor, site: Site
    ) -> None:
        page = await opened(visitor, site, "/admin/owners", **COPYING)
        await page.get_by_role("button", name="Add owner").click()
        await page.get_by_label("Name").fill("Acme")
        await page.get_by_label("Name").press("Enter")
        await page.get_by_role("button", name="Make a sign-in link for Acme").click()
        await page.get_by_role("button", name="Copy Sign-in link for Acme").click()
        await expect(page.get_by_text("Sign-in link for Acme copied")).to_be_visible()
        link = await page.evaluate("navigator.clipboard.readText()")
        context = await visitor.context()
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))

        theirs = await context.new_page()
        await theirs.goto(link)

        await expect(theirs.get_by_role("link", name="Flows")).to_be_visible()
        await expect(theirs.get_by_role("link", name="Admin")).to_have_count(0)
        await expect(theirs.get_by_role("complementary", name="Setup")).to_have_count(0)
        for part in PARTS:
            await theirs.goto(site.url + part)
            await expect(theirs.get_by_text("There is nothing at this address")).to_be_visible()
            await expect(theirs.get_by_text("Administration")).to_have_count(0)
        not_theirs = ("/api/setup", "/api/configuration", "/api/owners")
        assert [each for each in asked if any(one in each for one in not_theirs)] == []

    async def test_a_link_opens_the_page_in_another_browser(
        self, visitor: Visitor, site: Site
    ) -> None:
        page = await opened(visitor, site, "/admin/owners", **COPYING)

        await page.get_by_role("button", name="Link for another browser").click()
        await page.get_by_role("button", name="Make link").click()
        await page.get_by_role("button", name="Copy Link").click()
        await expect(page.get_by_text("Link copied")).to_be_visible()
        other = await visitor.open(await page.evaluate("navigator.clipboard.readText()"))

        await expect(other.get_by_role("link", name="Admin")).to_be_visible()

    async def test_what_each_owner_may_have_names_its_variable(
        self, visitor: Visitor, site: Site
    ) -> None:
        page = await opened(visitor, site, "/admin/owners")

        limits = page.get_by_role("region", name="What each owner may have")
        await expect(limits.get_by_text("APPMIXER_MAX_FLOWS")).to_be_visible()
        await expect(limits.get_by_text("1,000").first).to_be_visible()


async def test_the_engine_tells_what_it_holds_and_how_long(visitor: Visitor, site: Site) -> None:
    page = await opened(visitor, site, "/admin/engine")

    await expect(page.get_by_text("The engine works")).to_be_visible()
    kept = page.get_by_role("region", name="Kept for")
    await expect(kept).to_contain_text("Runs30 days")
    await expect(kept).to_contain_text("Events14 days")
    installed = page.get_by_role("region", name="Installed connectors")
    await expect(installed.get_by_text("WhatsApp")).to_be_visible()
    for name, path in (("Metrics", "/metrics"), ("Description of the API", "/api/openapi.json")):
        await expect(page.get_by_role("link", name=name)).to_have_attribute("href", path)


async def test_what_keeps_the_engine_from_working_is_told(visitor: Visitor, site: Site) -> None:
    visitor.expect_complaints("503")
    page = await opened(visitor, site, "/admin/engine")
    told: dict[str, Any] = {
        "status": "not ready",
        "reason": "database: the disk is full",
        "troubles": {},
    }

    async def answer(route: Any) -> None:
        await route.fulfill(status=503, content_type="application/json", body=json.dumps(told))

    await page.route("**/readyz", answer)
    await page.reload()

    await expect(page.get_by_text("The engine is not ready")).to_be_visible()
    await expect(page.get_by_text("database: the disk is full")).to_be_visible()


async def test_a_part_that_there_is_not_is_said_to_be_nowhere(visitor: Visitor, site: Site) -> None:
    page = await opened(visitor, site, "/admin/constructor")

    await expect(page.get_by_text("There is nothing at this address")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_no_part_has_anything_in_the_way_of_keyboard_and_screen_reader(
    theme: str, visitor: Visitor, bare_site: Site
) -> None:
    page = await opened(visitor, bare_site, "/admin", color_scheme=theme)
    await expect(page.locator("[data-step]")).to_have_count(4)
    assert await violations(page) == []
    await page.get_by_role("link", name="Connectors").click()
    await enter(page, "clientSecret", "not-shown")
    assert await violations(page) == []
    await page.get_by_role("link", name="Owners").click()
    await owner(page, "main").click()
    await expect(page.get_by_role("button", name="New token")).to_be_visible()
    assert await violations(page) == []
    await page.get_by_role("link", name="Engine").click()
    await expect(page.get_by_role("region", name="Storage")).to_be_visible()
    assert await violations(page) == []


async def test_everything_is_there_in_german(visitor: Visitor, bare_site: Site) -> None:
    page = await opened(visitor, bare_site, "/admin", locale="de-DE")

    await expect(page.get_by_role("heading", name="Verwaltung")).to_be_visible()
    await expect(page.get_by_text("0 von 4 erledigt")).to_be_visible()
    await expect(page.get_by_text("Die Engine erreichbar machen")).to_be_visible()
    await expect(page.get_by_label("Meta-App-ID", exact=True)).to_be_visible()
    await expect(page.get_by_text("Callback-URL", exact=True)).to_be_visible()


async def opened(visitor: Visitor, site: Site, path: str, **look: Any) -> Page:
    """A page of the administrator's."""
    return await visitor.open(await site.link(path), **look)


def answers_to(page: Page) -> list[str]:
    """The bodies of what the API answers from now on."""
    heard: list[str] = []

    async def keep(response: Response) -> None:
        if "/api/" in response.url and "/api/stream" not in response.url:
            # What nobody waits for any more has no body.
            with suppress(Error):
                heard.append(await response.text())

    page.on("response", keep)
    return heard


def step(page: Page, name: str) -> Locator:
    return page.locator(f'[data-step="{WHATSAPP}:{name}"]')


def key(page: Page, name: str) -> Locator:
    return page.locator(f'[data-key="{name}"]')


def field(page: Page, name: str) -> Locator:
    return key(page, name).get_by_label(LABELS[name], exact=True)


def owner(page: Page, name: str) -> Locator:
    """What opens an owner's tokens."""
    return page.get_by_role("list", name="Owners").get_by_role("button", name=name)


async def enter(page: Page, name: str, value: str) -> None:
    """Type a value, save it by the keyboard, and see it said."""
    await field(page, name).fill(value)
    await field(page, name).press("Enter")
    await expect(key(page, name).get_by_text("stored", exact=True)).to_be_visible()


async def stored(site: Site, name: str) -> tuple[str, str | None]:
    answer = await site.api.get(f"/api/configuration/{WHATSAPP}")
    return next(
        (each["source"], each["value"]) for each in answer.json()["keys"] if each["key"] == name
    )


async def add_owner(page: Page, name: str) -> str:
    await page.get_by_role("button", name="Add owner").click()
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Name").press("Enter")
    return await take_token(page)


async def take_token(page: Page) -> str:
    """Copy the token that is shown, and be done with it."""
    dialog = page.get_by_role("dialog", name="Token of Acme")
    await expect(dialog.get_by_text("It is shown this once")).to_be_visible()
    await dialog.get_by_role("button", name="Copy API token").click()
    await expect(page.get_by_text("API token copied").first).to_be_visible()
    token: str = await page.evaluate("navigator.clipboard.readText()")
    await dialog.get_by_role("button", name="Done").click()
    await expect(dialog).to_have_count(0)
    return token


async def as_owner(site: Site, token: str) -> dict[str, Any]:
    """Who the API takes the holder of a token for."""
    answer = await site.api.get("/api/me", headers={"Authorization": f"Bearer {token}"})
    found: dict[str, Any] = answer.json()
    return found
