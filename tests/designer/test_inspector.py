"""A step is set up by a form that nobody wrote: it follows from the component's schema."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route, expect

from ..browser import Visitor, violations
from .conftest import Site

pytestmark = pytest.mark.anyio

INCOMING = {"type": "appmixer.whatsapp.NewMessage", "account": "acme", "position": {"x": 0, "y": 0}}


async def test_what_is_typed_into_a_field_is_in_the_draft(visitor: Visitor, site: Site) -> None:
    page = await opened(visitor, site, reply={"text": "Hello"})

    await field(page, "Message Text").fill("Good evening")
    await expect(page.get_by_text("Draft saved")).to_be_visible()

    await eventually_input(site, page, {"text": "Good evening"})


async def test_a_value_of_an_earlier_step_is_put_in_as_a_chip_with_its_value(
    visitor: Visitor, site: Site
) -> None:
    page = await opened(visitor, site, reply={})

    recipient = page.locator('[data-path="to"]')
    await recipient.get_by_role("button", name="Insert a value").click()
    picker = page.get_by_role("dialog", name="Insert a value")
    await picker.get_by_role("searchbox").fill("reply to")
    await picker.get_by_role("button", name="Reply To").first.click()

    await expect(field(page, "Recipient")).to_have_text("New Message \u203a Reply To")
    await expect(recipient.get_by_text("Now: +16505551234")).to_be_visible()
    await eventually_input(site, page, {"to": "{{ incoming.message.replyTo }}"})
    preview = page.get_by_role("region", name="Preview")
    await expect(preview.get_by_text("To +16505551234")).to_be_visible()
    await expect(preview.get_by_text("United States")).to_be_visible()


async def test_the_picker_is_searched_by_keyboard_as_soon_as_it_is_open(
    visitor: Visitor, site: Site
) -> None:
    page = await opened(visitor, site, reply={})

    await page.locator('[data-path="to"]').get_by_role("button", name="Insert a value").focus()
    await page.keyboard.press("Enter")
    picker = page.get_by_role("dialog", name="Insert a value")
    await expect(picker.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.type("reply to")

    await expect(picker.get_by_role("button", name="Reply To").first).to_be_visible()


async def test_the_keys_of_the_flow_count_while_a_value_is_typed(
    visitor: Visitor, site: Site
) -> None:
    page = await opened(visitor, site, reply={"text": "Hello"})

    await field(page, "Message Text").focus()
    await page.keyboard.press("Control+Enter")

    await expect(page.get_by_role("dialog", name="Test the draft")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(field(page, "Message Text")).to_have_text("Hello")


async def test_what_is_wrong_stands_at_its_field(visitor: Visitor, site: Site) -> None:
    wrong = "{{ incoming.message.nothing }}"
    page = await opened(visitor, site, reply={"to": wrong, "text": [wrong]})

    for path in ("to", "text"):
        there = page.locator(f'[data-path="{path}"]').get_by_text("incoming.message has no")
        await expect(there).to_be_visible()


async def test_why_there_is_no_form_is_said_once(visitor: Visitor, site: Site) -> None:
    visitor.expect_complaints("422 (Unprocessable Entity)")
    twice = [{"name": "first", "value": 1}, {"name": "first", "value": 2}]
    begin = {"type": "appmixer.utilities.OnStart", "input": {"values": twice}}
    page = await opened(visitor, site, reply={}, begin={**begin, "position": {"x": 0, "y": 200}})

    await page.locator('.react-flow__node[data-id="begin"]').click()

    step = page.get_by_role("region", name="Step")
    await expect(step.locator('[data-path="values"]')).to_contain_text("is taken")
    await expect(step.get_by_text("The name 'first' is taken")).to_have_count(1)


async def test_fields_that_do_not_matter_yet_are_not_shown(visitor: Visitor, site: Site) -> None:
    page = await opened(visitor, site, reply={})

    await page.get_by_role("button", name="Options").click()
    await expect(field(page, "Wait For")).to_be_visible()
    await expect(page.locator('[data-path="waitSeconds"]')).to_have_count(0)
    await field(page, "Wait For").select_option("delivered")

    await expect(page.locator('[data-path="waitSeconds"]')).to_be_visible()
    await eventually_input(site, page, {"waitFor": "delivered"})


async def test_what_has_been_emptied_is_gone_from_the_draft(visitor: Visitor, site: Site) -> None:
    page = await opened(visitor, site, reply={"text": "Hello", "to": "+16505551234"})

    await field(page, "Message Text").fill("")

    await eventually_input(site, page, {"to": "+16505551234"})


async def test_values_keep_their_names_in_another_template_and_what_is_left_over_can_be_removed(
    visitor: Visitor, site: Site
) -> None:
    chosen = {"templateName": "order_confirmation", "languageCode": "en_US"}
    sent = {"to": "+16505551234", "phoneNumberId": "106540352242922"}
    filled = {"parameters": {"body_1": "$100.99", "button_1_url": "860198"}}
    page = await opened(visitor, site, reply={**sent, **chosen, **filled}, kind="SendTemplate")
    step = page.get_by_role("region", name="Step")
    await expect(step.get_by_role("button", name="Buttons")).to_be_visible()

    await field(page, "Template").fill("payment_reminder")
    left_over = step.get_by_role("group", name="Left over")
    await expect(left_over).to_contain_text("button_1_url")
    await expect(left_over).to_contain_text("860198")
    assert await violations(page) == []
    await left_over.get_by_role("button", name="Remove button_1_url").press("Enter")

    await expect(left_over).to_have_count(0)
    await expect(page.get_by_role("tabpanel", name="Setup")).to_be_focused()
    kept, missing = (step.locator(f'[data-path="parameters.body_{at}"]') for at in (1, 2))
    await expect(kept).to_contain_text("$100.99")
    await expect(missing).to_contain_text("is missing; fill it in")
    await missing.get_by_role("textbox").fill("October 2")
    chosen["templateName"] = "payment_reminder"
    parameters = {"body_1": "$100.99", "body_2": "October 2"}
    await eventually_input(site, page, {**sent, **chosen, "parameters": parameters})
    await page.keyboard.press("Control+s")
    await expect(page.get_by_text("Version 1 saved")).to_be_visible()


async def test_a_template_in_another_language_is_not_said_to_have_changed(
    visitor: Visitor, site: Site
) -> None:
    sent = {"to": "+16505551234", "phoneNumberId": "106540352242922"}
    spanish = {**sent, "templateName": "order_confirmation", "languageCode": "es"}
    filled = {"parameters": {"body_1": "Sheena", "body_2": "860198", "button_1_url": "860198"}}
    english = {**spanish, "languageCode": "en_US", **filled}
    page = await opened(visitor, site, reply=english, kind="SendTemplate")
    await expect(page.get_by_role("button", name="Buttons 1")).to_be_visible()

    await field(page, "Language").fill("es")
    await eventually_input(site, page, {**spanish, **filled})

    asked = {"type": "appmixer.whatsapp.SendTemplate", "account": "acme", "input": spanish}
    (await site.api.post("/api/forms", json=asked)).raise_for_status()
    assert (await site.api.get("/api/flows/reply/draft")).json()["warnings"] == []


async def test_what_a_component_has_no_field_for_stands_there_with_its_fault_at_any_depth(
    visitor: Visitor, site: Site
) -> None:
    row = {"title": "Opening hours"}
    old = {"sections": [{"rows": [{**row, "icon": {"at": 1}}]}], "color": "red"}
    beside = {
        "type": "appmixer.whatsapp.ListBusinessAccounts",
        "input": {"of": "a"},
        "position": {"x": 0, "y": 200},
    }
    page = await opened(visitor, site, reply=old, kind="SendList", reply2=beside)
    step = page.get_by_role("region", name="Step")

    inner, outer = (step.get_by_role("group", name="Left over").nth(at) for at in range(2))

    await expect(inner).to_contain_text('icon {"at":1}There is no field icon')
    await expect(outer).to_contain_text("color redThere is no field color")
    await expect(step.get_by_role("alert")).to_have_count(0)
    await inner.get_by_role("button", name="Remove icon").click()
    await eventually_input(site, page, {**old, "sections": [{"rows": [row]}]})
    await page.locator('.react-flow__node[data-id="reply2"]').click()
    await expect(step.get_by_role("group", name="Left over")).to_contain_text("of a")


async def test_the_keyboard_stays_in_a_list_whose_entries_are_moved_and_removed(
    visitor: Visitor, site: Site
) -> None:
    buttons = [{"id": str(at), "title": f"Button {at}"} for at in range(3)]
    page = await opened(visitor, site, reply={"buttons": buttons}, kind="SendButtons")
    step = page.get_by_role("region", name="Step")

    async def press(name: str) -> None:
        await expect(step.get_by_role("button", name=name, exact=True)).to_be_focused()
        await page.keyboard.press("Enter")

    await step.get_by_role("button", name="Move Reply Button 2 up").focus()
    await press("Move Reply Button 2 up")
    await press("Move Reply Button 1 up")
    await eventually_input(site, page, {"buttons": [buttons[1], buttons[0], buttons[2]]})
    await step.get_by_role("button", name="Remove Reply Button 2").focus()
    await press("Remove Reply Button 2")
    await eventually_input(site, page, {"buttons": [buttons[1], buttons[2]]})
    await press("Remove Reply Button 2")
    await eventually_input(site, page, {"buttons": [buttons[1]]})
    await press("Remove Reply Button 1")
    await press("Add to Buttons")

    await expect(step.get_by_role("textbox", name="Button Text")).to_be_focused()


async def test_fields_with_names_of_their_own_are_named_and_removed_by_keyboard(
    visitor: Visitor, site: Site
) -> None:
    answer = {
        "type": "appmixer.utilities.Respond",
        "input": {"headers": {"Accept": "*/*"}},
        "position": {"x": 0, "y": 200},
    }
    page = await opened(visitor, site, reply={}, begin=answer)
    await page.locator('.react-flow__node[data-id="begin"]').click()
    headers = page.locator('#inspector [data-path="headers"]')

    await headers.get_by_role("button", name="Add", exact=True).press("Enter")
    await expect(headers.get_by_role("textbox", name="Name").last).to_be_focused()
    await page.keyboard.type("Retry-After")
    await page.keyboard.press("Tab")
    await expect(headers.get_by_role("textbox", name="Retry-After")).to_be_focused()
    await page.keyboard.type("1")
    await page.keyboard.press("Backspace")
    await page.keyboard.type("120")
    await eventually_input(
        site, page, {"headers": {"Accept": "*/*", "Retry-After": "120"}}, step="begin"
    )
    await headers.get_by_role("button", name="Remove Accept", exact=True).press("Enter")
    await expect(headers.get_by_role("button", name="Remove Retry-After")).to_be_focused()
    await page.keyboard.press("Enter")

    await expect(headers.get_by_role("button", name="Add", exact=True)).to_be_focused()


async def test_choices_of_the_service_are_offered_and_typing_counts_too(
    visitor: Visitor, site: Site
) -> None:
    page = await opened(visitor, site, reply={})

    sender = page.get_by_role("combobox", name="Sender Phone Number")
    await sender.click()
    await page.get_by_role("listbox").get_by_role("option").first.click()
    await eventually_input(site, page, {"phoneNumberId": "106540352242922"})
    await sender.fill("4711")

    await eventually_input(site, page, {"phoneNumberId": "4711"})


async def test_enter_takes_no_choice_that_answers_another_search(
    visitor: Visitor, site: Site
) -> None:
    page = await opened(visitor, site, reply={}, kind="SendTemplate")
    template = page.get_by_role("combobox", name="Template")
    await template.click()
    choices = page.get_by_role("listbox").get_by_role("option")
    await expect(choices.first).to_be_visible()
    answering = asyncio.Event()

    async def answered_late(route: Route) -> None:
        await answering.wait()
        await route.continue_()

    await page.route("**/api/options", answered_late)

    await page.keyboard.type("payment_rem")
    await page.keyboard.press("Enter")
    await eventually_input(site, page, {"templateName": "payment_rem"})
    answering.set()
    await expect(choices.filter(has_not_text="payment_rem")).to_have_count(0)
    await expect(template).to_have_value("payment_rem")
    await page.keyboard.press("Enter")

    await expect(template).to_have_value("payment_reminder")
    await eventually_input(site, page, {"templateName": "payment_reminder"})


@pytest.mark.parametrize("chosen", ["", "order_confirmation"])
async def test_enter_changes_nothing_before_somebody_walks_among_the_choices(
    visitor: Visitor, site: Site, chosen: str
) -> None:
    reply = {"templateName": chosen} if chosen else {}
    page = await opened(visitor, site, reply=reply, kind="SendTemplate")
    template = page.get_by_role("combobox", name="Template")

    await template.click()
    await expect(page.get_by_role("listbox")).to_have_attribute("aria-busy", "false")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("listbox")).to_have_count(0)
    await expect(template).to_have_value(chosen)
    await eventually_input(site, page, reply)


@pytest.mark.parametrize(("chosen", "start", "end"), [("", 0, 8), ("number_50", 50, 59)])
async def test_keys_walk_in_view_from_what_is_chosen(
    visitor: Visitor, site: Site, chosen: str, start: int, end: int
) -> None:
    reply = {"templateName": chosen} if chosen else {}
    page = await opened(visitor, site, reply=reply, kind="SendTemplate")
    named = {"hint": "", "badge": "", "state": "fine", "isDisabled": False}
    options = [{"value": f"number_{at}", "label": f"Number {at}", **named} for at in range(60)]
    answer = {"options": options, "next": None, "explanation": None}
    await page.route("**/api/options", lambda route: route.fulfill(json=answer))
    template = page.get_by_role("combobox", name="Template")
    # What has been offered so far is forgotten.
    await page.goto(f"{site.url}/flows/reply/steps/reply")

    await template.click()
    await expect(page.get_by_role("option", name=f"Number {start}", exact=True)).to_be_in_viewport()
    for _ in range(9):
        await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("option", name=f"Number {end}", exact=True)).to_be_in_viewport()
    await page.keyboard.press("Enter")

    await expect(template).to_have_value(f"number_{end}")


async def test_keys_walk_on_to_what_the_service_gives_on_the_next_page(
    visitor: Visitor, site: Site
) -> None:
    page = await opened(visitor, site, reply={}, kind="SendTemplate")
    named = {"hint": "", "badge": "", "state": "fine", "isDisabled": False}

    async def answered(route: Route) -> None:
        asked: Any = route.request.post_data_json
        given = range(3, 5) if asked["after"] else range(3)
        options = [{"value": f"number_{at}", "label": f"Number {at}", **named} for at in given]
        following = None if asked["after"] else 3
        await route.fulfill(json={"options": options, "next": following, "explanation": None})

    await page.route("**/api/options", answered)
    template = page.get_by_role("combobox", name="Template")
    numbers = page.get_by_role("option", name="Number")

    await template.click()
    await expect(numbers).to_have_count(3)
    for _ in range(3):
        await page.keyboard.press("ArrowDown")
    await expect(numbers).to_have_count(5)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")

    await expect(template).to_have_value("number_3")


@pytest.mark.parametrize("leaving", ["Escape", "Tab", "a click"])
async def test_a_search_among_choices_leaves_the_value_as_it_was(
    visitor: Visitor, site: Site, leaving: str
) -> None:
    page = await opened(visitor, site, reply={"templateName": "hello_world"}, kind="SendTemplate")
    template = page.get_by_role("combobox", name="Template")

    await template.fill("order_conf")
    await expect(page.get_by_role("option", name="order_confirmation").first).to_be_visible()
    await eventually_input(site, page, {"templateName": "order_conf"})
    if leaving == "a click":
        await page.locator(".react-flow__pane").click(position={"x": 30, "y": 30})
    else:
        await page.keyboard.press(leaving)

    await eventually_input(site, page, {"templateName": "hello_world"})


@pytest.mark.parametrize("leaving", ["Enter", "Tab"])
async def test_what_is_no_part_of_a_choice_is_taken_as_typed(
    visitor: Visitor, site: Site, leaving: str
) -> None:
    page = await opened(visitor, site, reply={"templateName": "hello_world"}, kind="SendTemplate")
    template = page.get_by_role("combobox", name="Template")

    await template.fill("of_tomorrow")
    await expect(page.get_by_text("Nothing here is called 'of_tomorrow'")).to_be_visible()
    await page.keyboard.press(leaving)
    await page.keyboard.press("Escape")

    await expect(template).to_have_value("of_tomorrow")
    await eventually_input(site, page, {"templateName": "of_tomorrow"})


async def test_what_is_part_of_a_choice_can_be_taken_as_typed(visitor: Visitor, site: Site) -> None:
    page = await opened(visitor, site, reply={"templateName": "hello_world"}, kind="SendTemplate")
    template = page.get_by_role("combobox", name="Template")

    await template.fill("order_conf")
    await expect(page.get_by_role("option", name="Take \u201corder_conf\u201d")).to_be_visible()
    for _ in range(await page.get_by_role("option").count() - 1):
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("listbox")).to_have_count(0)
    await page.keyboard.press("Tab")

    await expect(template).to_have_value("order_conf")
    await eventually_input(site, page, {"templateName": "order_conf"})


@pytest.mark.parametrize(
    ("label", "name"), [("Sender Phone Number", "phoneNumberId"), ("Wait at Most", "waitSeconds")]
)
async def test_an_expression_is_typed_to_its_end_where_there_was_another_control(
    visitor: Visitor, site: Site, label: str, name: str
) -> None:
    page = await opened(visitor, site, reply={"waitFor": "delivered"})
    await page.get_by_role("button", name="Options").click()
    await expect(field(page, "Message Text")).to_be_visible()

    await field(page, label).focus()
    await page.keyboard.type("{{ incoming.message.timestamp }} 1")

    wanted = {"waitFor": "delivered", name: "{{ incoming.message.timestamp }} 1"}
    await eventually_input(site, page, wanted)
    await expect(field(page, label)).to_be_focused()


async def test_what_is_no_number_stays_in_its_field_as_it_was_typed(
    visitor: Visitor, site: Site
) -> None:
    page = await opened(visitor, site, reply={"waitFor": "delivered"})
    await page.get_by_role("button", name="Options").click()

    await field(page, "Wait at Most").fill("1,5")
    await page.keyboard.press("Tab")

    await expect(field(page, "Wait at Most")).to_have_value("1,5")
    await eventually_input(site, page, {"waitFor": "delivered", "waitSeconds": "1,5"})
    await expect(field(page, "Wait at Most")).to_have_attribute("aria-invalid", "true")


async def test_lines_that_are_pasted_into_a_field_of_one_line_are_one(
    visitor: Visitor, site: Site
) -> None:
    lines = "\n  +1 650\n555 1234 \n"
    page = await opened(visitor, site, reply={"text": lines})
    await field(page, "Message Text").focus()
    await page.keyboard.press("Control+a")
    await page.keyboard.press("Control+c")

    await field(page, "Recipient").focus()
    await page.keyboard.press("Control+v")
    await page.keyboard.press("Enter")

    await expect(field(page, "Recipient")).to_have_text("+1 650 555 1234")
    await eventually_input(site, page, {"text": lines, "to": "+1 650 555 1234"})


async def test_an_inspector_has_nothing_in_the_way_of_keyboard_and_screen_reader(
    visitor: Visitor, site: Site
) -> None:
    page = await opened(visitor, site, reply={"text": "Hi {{ incoming.message.from }}"})
    await page.get_by_role("button", name="Options").click()

    assert await violations(page) == []


ACCOUNT = {"service": "appmixer:whatsapp", "name": "acme", "accessToken": "EAAsandbox"}


async def test_a_test_of_a_step_shows_what_became_of_it(visitor: Visitor, site: Site) -> None:
    page = await opened(visitor, site, reply={"text": "Hello"})
    fate: dict[str, Any] = {
        "at": "2026-09-21T12:00:00Z",
        "error": None,
        "silentSince": None,
        "reasons": [],
    }
    answer: dict[str, Any] = {
        "status": "completed",
        "output": {"sent": [{}]},
        "error": None,
        "reason": "",
    }
    only = {"name": "accepted", "state": "advice", "finding": "Not delivered.", "cure": "Look."}
    why = {"type": "RejectedError", "title": "Lost", "cause": "Blocked.", "cure": "Call."}
    fates: list[dict[str, Any]] = [
        {**fate, "state": "accepted", "reasons": [only]},
        {**fate, "state": "failed", "error": why},
    ]

    async def tested(route: Route) -> None:
        await route.fulfill(json={**answer, "fate": fates.pop(0)})

    await page.route("**/api/components/*/test", tested)
    await page.get_by_role("tab", name="Test").click()
    step = page.get_by_role("region", name="Step")
    await step.get_by_role("button", name="Test this step").click()
    result = step.get_by_role("status")
    await expect(result.get_by_text("Not delivered.")).to_be_visible()
    await expect(result.locator('[data-state="accepted"]')).to_be_visible()

    await step.get_by_role("button", name="Test this step").click()

    await expect(result.get_by_role("alert")).to_contain_text("Blocked.")
    await expect(result.locator('[data-state="failed"]')).to_be_visible()


async def test_a_dry_run_that_fails_says_why_and_leads_to_the_field(
    visitor: Visitor, site: Site
) -> None:
    reply = {"phoneNumberId": "106540352242922", "to": "nobody", "text": "Hello"}
    page = await opened(visitor, site, reply=reply)
    asked = {"account": "acme", "input": reply, "dryRun": True}
    answer = await site.api.post("/api/components/appmixer.whatsapp.SendText/test", json=asked)
    error = answer.json()["error"]
    step = page.get_by_role("region", name="Step")
    await page.get_by_role("tab", name="Test").click()

    await step.get_by_role("button", name="Test this step").click()

    told = step.get_by_role("alert")
    for part in ("title", "cause", "cure"):
        await expect(told).to_contain_text(error[part])
    await expect(step.locator('[data-state="failed"]')).to_be_visible()
    await expect(step.locator("pre")).to_have_count(0)
    await expect(step.get_by_role("heading", name="Request")).to_have_count(0)
    assert await violations(page) == []
    await told.get_by_role("button", name="Open the field \u201cRecipient\u201d").click()
    await expect(page.get_by_role("textbox", name="Recipient")).to_be_focused()
    await expect(page.locator('[data-path="to"]').get_by_text(error["cause"])).to_have_count(1)


async def test_what_a_test_has_refused_stands_at_its_field_until_it_is_changed(
    visitor: Visitor, site: Site
) -> None:
    page = await opened(visitor, site, reply={"text": "Hello"})
    refused = {"kind": "RejectedError", "title": "No", "cause": "Not that word.", "field": "text"}
    failure = {"cure": "", "code": None, "subcode": None, "trace": "", "mend": "", **refused}
    answer = {"status": "failed", "output": {}, "error": failure, "reason": "", "fate": None}

    async def tested(route: Route) -> None:
        await route.fulfill(json=answer)

    await page.route("**/api/components/*/test", tested)
    await page.get_by_role("tab", name="Test").click()
    step = page.get_by_role("region", name="Step")
    await step.get_by_role("button", name="Test this step").click()

    await step.get_by_role("button", name="Open the field \u201cMessage Text\u201d").click()

    at_field = page.locator('[data-path="text"]').get_by_text("Not that word.")
    await expect(at_field).to_be_visible()
    await expect(field(page, "Message Text")).to_be_focused()
    await page.keyboard.type("Goodbye")
    await expect(at_field).to_have_count(0)


async def opened(
    visitor: Visitor,
    site: Site,
    *,
    reply: dict[str, Any],
    kind: str = "SendText",
    **others: dict[str, Any],
) -> Page:
    """A flow of a trigger and a step that follows it, with that step chosen."""
    document = {
        "name": "Reply",
        "components": {
            "incoming": INCOMING,
            "reply": {
                "type": f"appmixer.whatsapp.{kind}",
                "account": "acme",
                "source": {"in": {"incoming": ["message"]}},
                "input": reply,
                "position": {"x": 320, "y": 0},
            },
            **others,
        },
    }
    (await site.api.post("/api/accounts", json=ACCOUNT)).raise_for_status()
    (await site.api.put("/api/flows/reply/draft", json=document)).raise_for_status()
    page = await visitor.open(await site.link("/flows/reply"))
    await page.locator('.react-flow__node[data-id="reply"]').click()
    await expect(page.get_by_role("tab", name="Setup")).to_be_visible()
    return page


def field(page: Page, label: str) -> Locator:
    return page.get_by_role("region", name="Step").get_by_label(label, exact=False).first


async def eventually_input(
    site: Site, page: Page, wanted: dict[str, Any], *, step: str = "reply"
) -> None:
    """Wait until the step has this input in the draft, and nothing else."""
    found: object = None
    for _ in range(600):
        draft = (await site.api.get("/api/flows/reply/draft")).json()
        found = draft["document"]["components"][step]["input"]
        if found == wanted:
            return
        await page.wait_for_timeout(100)
    assert found == wanted
