"""Accounts: connected by the service's login in a real browser, looked after, deleted."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from appmixer.sandbox.world import seed

from ..browser import Visitor, until_holds, violations
from .conftest import Site
from .flows import EMPTY, choose, held
from .situations import SERVICE, accounts, connected, listening, withdraw
from .test_runs import LISTENING

pytestmark = pytest.mark.anyio
# The sandbox's dialog has no icon, as Meta's has one of its own.
NO_ICON = "/favicon.ico"


@pytest.fixture(autouse=True)
def without_an_icon(visitor: Visitor) -> None:
    visitor.expect_complaints(NO_ICON)


OPEN_STEP: dict[str, Any] = {
    "name": "Greeting",
    "components": {"hello": {"type": "appmixer.whatsapp.SendText", "input": {}, "source": {}}},
}


async def test_an_account_is_connected_in_a_window_that_closes_itself(
    visitor: Visitor, site: Site
) -> None:
    page = await visitor.open(await site.link("/accounts"))
    await expect(page.get_by_text("No accounts yet")).to_be_visible()
    login = await begin(page)
    await share(login, seed.WABA_ID)

    dialog = page.get_by_role("dialog", name="WhatsApp is connected")
    await expect(dialog).to_contain_text("Its permission lasts until")
    await expect(dialog).to_contain_text(seed.WABA_ID)
    await expect(dialog).to_contain_text("+1 555-078-3881")
    await closed(login)
    await dialog.get_by_role("button", name="Done").click()
    await expect(page.get_by_role("link", name="WhatsApp")).to_be_visible()
    assert await names(site) == ["WhatsApp"]


async def test_a_step_has_the_account_that_was_connected_from_it(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("/api/flows/greeting")  # of which there is only a draft
    await site.api.put("/api/flows/greeting/draft", json=OPEN_STEP)
    page = await visitor.open(await site.link("/flows/greeting/steps/hello"))
    login = await begin(page, "shop")
    await share(login, seed.WABA_ID)

    await page.get_by_role("button", name="Done").click()

    await expect(page.get_by_label("Account", exact=True)).to_have_value("shop")


async def test_a_step_has_the_account_that_is_known_only_after_it_was_added(
    visitor: Visitor, site: Site
) -> None:
    await connected(site)
    visitor.expect_complaints("/api/flows/greeting")  # of which there is only a draft
    await site.api.put("/api/flows/greeting/draft", json=EMPTY)
    page = await (await visitor.context()).new_page()
    known = await held(page, "**/api/accounts")
    await page.goto(await site.link("/flows/greeting"))

    await page.get_by_role("region", name="Flow").focus()
    await page.keyboard.press("Tab")
    await choose(page, "send text")
    await expect(page.get_by_role("region", name="Step")).to_contain_text("Send Text")
    await (await known()).continue_()

    await expect(page.get_by_label("Account", exact=True)).to_have_value("acme")
    await page.get_by_role("button", name="Undo").click()
    await expect(page.locator("[data-step]")).to_have_count(0)


async def test_a_login_without_a_window_of_its_own_leads_back_to_the_page(
    visitor: Visitor, site: Site
) -> None:
    page = await visitor.open(await site.link("/accounts"))
    await page.evaluate("window.open = () => null")
    await ask(page, "shop")

    await share(page, seed.WABA_ID)

    await expect(page.get_by_role("dialog", name="shop is connected")).to_be_visible()
    await expect(page).to_have_url(f"{site.url}/accounts")


async def test_a_login_leads_back_from_another_host_name(visitor: Visitor, site: Site) -> None:
    elsewhere = site.sandbox.url.replace("127.0.0.1", "localhost")
    assert elsewhere != site.sandbox.url
    path = f"/api/configuration/{SERVICE}"
    configuration = site.running.engine.configuration
    configuration.environment = {
        **configuration.environment,
        "APPMIXER_WHATSAPP_DIALOG_URL": elsewhere,
    }
    await configuration.load()
    assert elsewhere in (await site.api.get(path)).text
    page = await visitor.open(await site.link("/accounts"))
    login = await begin(page, "shop")
    assert login.url.startswith(elsewhere)

    await share(login, seed.WABA_ID)

    await expect(page.get_by_role("dialog", name="shop is connected")).to_be_visible()
    await closed(login)


async def test_where_several_things_are_shared_the_default_is_chosen_on_the_page(
    visitor: Visitor, site: Site
) -> None:
    page = await visitor.open(await site.link("/accounts"))
    login = await begin(page, "shop")
    await share(login, seed.WABA_ID, seed.SECOND_WABA_ID)

    dialog = page.get_by_role("dialog", name="shop is connected")
    choice = dialog.get_by_label("Default WhatsApp Business Account")
    await choice.select_option(seed.SECOND_WABA_ID)
    await dialog.get_by_role("button", name="Save settings").click()
    await expect(page.get_by_text("Settings saved")).to_be_visible()

    [account] = await accounts(site)
    assert account["profile"]["businessAccountId"] == seed.SECOND_WABA_ID


async def test_a_login_that_is_denied_says_why_and_can_be_tried_again(
    visitor: Visitor, site: Site
) -> None:
    visitor.expect_complaints("400 (Bad Request)")
    page = await visitor.open(await site.link("/accounts"))
    login = await begin(page)

    await login.get_by_role("button", name="Cancel").click()
    await expect(login.locator("main")).to_contain_text("again")
    await login.get_by_role("link", name="Back to the engine").click()

    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("No account was connected")
    await expect(dialog.get_by_role("button", name="Log in to WhatsApp")).to_be_enabled()
    assert await names(site) == []


async def test_a_name_that_cannot_be_is_told_at_its_field(visitor: Visitor, site: Site) -> None:
    page = await visitor.open(await site.link("/accounts"))
    await page.get_by_role("button", name="Connect WhatsApp").click()
    name = page.get_by_label("Name of the account")
    for wrong, told in (("", "Give it a name."), ("x" * 101, "more than 100 characters")):
        await name.fill(wrong)
        await page.get_by_role("button", name="Log in to WhatsApp").click()

        await expect(page.get_by_role("dialog")).to_contain_text(told)
        await expect(name).to_have_attribute("aria-invalid", "true")
    assert await names(site) == []


async def test_a_token_is_pasted_instead_of_a_login(visitor: Visitor, site: Site) -> None:
    visitor.expect_complaints("409 (Conflict)", "422 (Unprocessable")
    page = await visitor.open(await site.link("/accounts"))
    await page.get_by_role("button", name="Connect WhatsApp").click()
    await page.get_by_role("button", name="Use an access token").click()
    token = page.get_by_label("Access token")
    connect = page.get_by_role("button", name="Connect", exact=True)
    await connect.click()
    await expect(page.get_by_role("dialog")).to_contain_text("Paste it here.")
    await token.fill("EAAwrong")
    await connect.click()
    await expect(page.get_by_role("dialog")).to_contain_text("The access token is not valid")
    assert await names(site) == []

    await token.fill(seed.SYSTEM_USER_TOKEN)
    await connect.click()

    await expect(page.get_by_role("dialog", name="WhatsApp is connected")).to_be_visible()
    assert await names(site) == ["WhatsApp"]


async def test_a_key_is_asked_for_with_what_belongs_to_it(visitor: Visitor, site: Site) -> None:
    visitor.expect_complaints("422 (Unprocessable")
    page = await visitor.open(await site.link("/accounts"))
    await page.get_by_role("button", name="Connect Utilities").click()
    await page.get_by_label("Key, Token or Password").fill("s3cret-key")
    connect = page.get_by_role("button", name="Connect", exact=True)
    hosts = page.get_by_label("Hosts")
    await hosts.fill("api.example.com/path")
    await connect.click()
    await expect(hosts).to_have_attribute("aria-invalid", "true")

    await hosts.fill("api.example.com")
    await connect.click()

    dialog = page.get_by_role("dialog", name="Utilities is connected")
    await expect(dialog).to_contain_text("https://api.example.com")
    await expect(dialog).not_to_contain_text("s3cret-key")


async def test_without_a_setup_the_administrator_is_led_to_it(
    visitor: Visitor, bare_site: Site
) -> None:
    page = await visitor.open(await bare_site.link("/accounts"))
    await page.get_by_role("button", name="Connect WhatsApp").click()

    dialog = page.get_by_role("dialog")
    await expect(dialog).to_contain_text("WhatsApp is not set up yet")
    await expect(dialog).to_contain_text("Meta App ID, Meta App Secret")
    await dialog.get_by_role("link", name="Open Administration").click()
    await expect(page).to_have_url(f"{bare_site.url}/admin")


async def test_an_account_whose_token_was_withdrawn_is_connected_again(
    visitor: Visitor, site: Site
) -> None:
    await connected(site)
    await withdraw(site)
    page = await visitor.open(await site.link("/accounts/acme"))
    await expect(page.get_by_text("It has to be connected again")).to_be_visible()
    await page.get_by_role("button", name="Connect again").click()
    await expect(page.get_by_label("Name of the account")).to_have_value("acme")
    async with page.expect_popup() as opened:
        await page.get_by_role("button", name="Log in to WhatsApp").click()
    await share(await opened.value, seed.WABA_ID)

    await page.get_by_role("button", name="Done").click()

    await expect(page.get_by_text("It has to be connected again")).to_have_count(0)
    [account] = await accounts(site)
    assert (account["name"], account["state"]) == ("acme", "connected")


async def test_an_account_is_shown_with_its_facts_and_its_settings_are_kept(
    visitor: Visitor, site: Site
) -> None:
    await connected(site)
    page = await visitor.open(await site.link("/accounts"))
    await page.get_by_role("link", name="acme").click()
    await expect(page.get_by_role("region", name="What the service says")).to_contain_text(
        "not registered, so it cannot send"
    )
    region = page.get_by_label("Default Region")
    await region.fill("Germany")
    visitor.expect_complaints("422 (Unprocessable")
    await page.get_by_role("button", name="Save settings").click()
    await expect(region).to_have_attribute("aria-invalid", "true")

    await region.fill("DE")
    await page.get_by_label("Keep Subscribed").check()
    await page.get_by_role("button", name="Save settings").click()
    await expect(page.get_by_text("Settings saved")).to_be_visible()

    [account] = await accounts(site)
    assert account["settings"] == {"defaultRegion": "DE", "keepSubscribed": True}


async def test_before_an_account_goes_the_running_flows_that_stop_are_named(
    visitor: Visitor, site: Site
) -> None:
    await connected(site)
    await listening(site)
    page = await visitor.open(await site.link("/accounts/acme"))
    await expect(page.get_by_role("link", name="Listening")).to_have_attribute(
        "href", "/flows/listening"
    )
    await page.get_by_role("button", name="Delete account").click()
    dialog = page.get_by_role("dialog", name="Delete “acme”?")
    await expect(dialog).to_contain_text("Listening")

    await dialog.get_by_role("button", name="Stop the flow and delete").click()

    await expect(page).to_have_url(f"{site.url}/accounts")
    await expect(page.get_by_text("No accounts yet")).to_be_visible()
    assert await names(site) == []
    assert (await site.api.get("/api/flows/listening")).json()["state"] == "stopped"


async def test_nothing_is_asked_of_an_account_while_it_goes(visitor: Visitor, site: Site) -> None:
    await connected(site)
    await listening(site)
    context = await visitor.context()
    await context.add_init_script(LISTENING)
    page = await context.new_page()
    await page.goto(await site.link("/accounts/acme"))
    await page.get_by_role("button", name="Delete account").click()
    dialog = page.get_by_role("dialog", name="Delete “acme”?")
    await expect(dialog).to_contain_text("Listening")
    await until_holds(page, "heard.some((each) => each.startsWith('open'))")
    gone = await held(page, "**/api/accounts/*")

    await dialog.get_by_role("button", name="Stop the flow and delete").click()
    deletion = await gone()
    await until_holds(page, "heard.some((each) => each.startsWith('flow'))")
    asked = [each for each in visitor.requests if each.endswith("/flows")]
    await site.api.post("/api/flows/listening/start")
    await site.api.post("/api/flows/listening/stop")
    await until_holds(page, "heard.filter((each) => each.startsWith('flow')).length > 2")

    assert [each for each in visitor.requests if each.endswith("/flows")] == asked
    await deletion.continue_()
    await expect(page.get_by_text("No accounts yet")).to_be_visible()


async def test_what_is_still_asked_of_an_account_ends_before_it_goes(
    visitor: Visitor, site: Site
) -> None:
    await connected(site)
    page = await (await visitor.context()).new_page()
    asked = await held(page, "**/facts")
    await page.goto(await site.link("/accounts/acme"))
    await asked()
    await page.get_by_role("button", name="Delete account").click()
    dialog = page.get_by_role("dialog", name="Delete “acme”?")

    gone = await held(page, "**/api/accounts/*")
    async with page.expect_event("requestfailed", lambda each: each.url.endswith("/facts")):
        await dialog.get_by_role("button", name="Delete account").click()
        deletion = await gone()

    await deletion.continue_()
    await expect(page.get_by_text("No accounts yet")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_nothing_stands_in_the_way_on_the_pages_of_accounts(
    visitor: Visitor, site: Site, theme: str
) -> None:
    await connected(site)
    page = await visitor.open(await site.link("/accounts"), color_scheme=theme)
    await expect(page.get_by_role("link", name="acme")).to_be_visible()
    found = await violations(page)
    await page.get_by_role("button", name="Connect WhatsApp").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    found += await violations(page)
    await page.keyboard.press("Escape")
    await page.get_by_role("link", name="acme").click()
    await expect(page.get_by_text("+1 555-078-3881")).to_be_visible()
    found += await violations(page)

    assert found == []


async def test_the_pages_of_accounts_speak_german(visitor: Visitor, site: Site) -> None:
    await connected(site)
    page = await visitor.open(await site.link("/accounts/acme"), locale="de-DE")

    await expect(page.get_by_role("heading", name="Einstellungen")).to_be_visible()
    await page.get_by_role("button", name="Neu verbinden").click()
    await expect(page.get_by_role("dialog", name="acme neu verbinden")).to_be_visible()


async def ask(page: Page, name: str = "") -> None:
    """Open the dialog, give the account a name, and go on to the login."""
    await page.get_by_role("button", name="Connect WhatsApp").click()
    if name:
        await page.get_by_label("Name of the account").fill(name)
    await page.get_by_role("button", name="Log in to WhatsApp").click()


async def begin(page: Page, name: str = "") -> Page:
    """The window in which the service asks who logs in."""
    async with page.expect_popup() as opened:
        await ask(page, name)
    login = await opened.value
    await expect(login.get_by_role("button", name="Continue")).to_be_visible()
    return login


async def share(login: Page, *waba_ids: str) -> None:
    for waba_id in waba_ids:
        await login.locator(f"input[name=waba_ids][value='{waba_id}']").check()
    await login.get_by_role("button", name="Continue").click()


async def closed(window: Page) -> None:
    if not window.is_closed():
        await window.wait_for_event("close")


async def names(site: Site) -> list[str]:
    return [each["name"] for each in await accounts(site)]
