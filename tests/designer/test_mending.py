"""What a run stopped at is mended from the run itself, and then goes on."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from appmixer.sandbox.world import seed

from ..browser import Visitor, violations
from .conftest import Site
from .running import says, started, waits_for_run
from .test_runs import REPLY

pytestmark = pytest.mark.anyio


async def test_a_number_that_is_not_registered_is_registered_from_the_failed_step(
    visitor: Visitor, site: Site
) -> None:
    await started(site, "reply", REPLY)
    await says(site, "Hello")
    first = await waits_for_run(site)
    site.sandbox.world.numbers[seed.PHONE_NUMBER_ID].is_registered = False
    await site.api.post("/api/flows/reply/run", json={"trigger": "incoming", "like": first})
    run_id = await waits_for_run(site, status="failed")
    page = await visitor.open(await site.link(f"/runs/{run_id}"))
    label = "Ensure Sender Phone Number Registered"

    await page.get_by_role("alert").get_by_role("button", name=label).click()
    dialog = page.get_by_role("dialog", name=label)
    await expect(dialog.get_by_label("Sender Phone Number")).to_have_value(seed.PHONE_NUMBER_ID)
    await dialog.get_by_label("PIN").fill(seed.PIN)
    assert await violations(page) == []
    await dialog.get_by_role("button", name="Do it now").click()
    await expect(page.get_by_text(f"Done: {label}").first).to_be_visible()
    await page.get_by_role("button", name="Try again from this step").click()

    await expect(page.get_by_role("main").get_by_text("read", exact=True).first).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_an_account_is_connected_again_from_the_step_that_waits_for_it(
    visitor: Visitor, site: Site
) -> None:
    await started(site, "reply", REPLY)
    fault = {"endpoint": "messages", "code": 190, "count": 1}
    await site.controls.post("/faults", json=fault)
    await says(site, "Hello")
    run_id = await waits_for_run(site, status="paused")
    page = await visitor.open(await site.link(f"/runs/{run_id}"))

    await page.get_by_role("button", name="Connect acme again").click()
    dialog = page.get_by_role("dialog", name="Connect acme again")
    await dialog.get_by_role("button", name="Use an access token").click()
    await dialog.get_by_label("Access token").fill(seed.SYSTEM_USER_TOKEN)
    await dialog.get_by_role("button", name="Connect", exact=True).click()
    await page.get_by_role("button", name="Done").click()

    await expect(page.get_by_role("main").get_by_text("read", exact=True).first).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_what_nobody_knows_of_is_done_again_only_after_a_warning(
    visitor: Visitor, site: Site
) -> None:
    call = {
        "type": "appmixer.whatsapp.MakeApiCall",
        "account": "acme",
        "source": {"in": {"incoming": ["message"]}},
        "input": {
            "method": "POST",
            "path": f"/{seed.PHONE_NUMBER_ID}/messages",
            "body": {
                "messaging_product": "whatsapp",
                "to": "{{ incoming.message.from }}",
                "type": "text",
                "text": {"body": "Your parcel is here"},
            },
        },
    }
    components = {"incoming": REPLY["components"]["incoming"], "call": call}
    await started(site, "call", {"name": "Call", "components": components})
    lost = {"endpoint": "messages", "kind": "acceptedThenLost", "count": 1}
    await site.controls.post("/faults", json=lost)
    await says(site, "Hello")
    run_id = await waits_for_run(site, status="unknown")
    page = await visitor.open(await site.link(f"/runs/{run_id}"))
    assert await texts_on_phone(site) == ["Your parcel is here"]

    await page.get_by_role("button", name="Do it again all the same").click()
    dialog = page.get_by_role("dialog", name="Do it again although it may have happened?")
    await expect(dialog).to_contain_text("it happens twice")
    assert await violations(page) == []
    await dialog.get_by_role("button", name="Leave it").click()
    await expect(dialog).to_have_count(0)
    assert await texts_on_phone(site) == ["Your parcel is here"]
    await page.get_by_role("button", name="Do it again all the same").click()
    await dialog.get_by_role("button", name="Do it again all the same").click()

    await expect(page.get_by_role("main").get_by_role("status").first).to_contain_text("done")
    await expect(dialog).to_have_count(0)
    assert await texts_on_phone(site) == ["Your parcel is here"] * 2


async def texts_on_phone(site: Site) -> list[str]:
    """What the business has written to the person, the oldest first."""
    answer = await site.controls.get(f"/people/{seed.PERSON}/messages")
    found = answer.raise_for_status().json()["messages"]
    return [each["content"]["body"] for each in found if each["from"] == "business"]
