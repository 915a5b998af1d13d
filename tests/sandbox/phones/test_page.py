"""The page of phones, used with mouse and keyboard in a headless Chromium."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Locator, Page, Route, expect

from appmixer.sandbox.testing import Receiver, RunningSandbox, until
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.entities import Group, Media

from ...browser import Visitor, until_holds, violations

pytestmark = pytest.mark.anyio

Json = dict[str, Any]
TO: Json = {"messaging_product": "whatsapp", "to": "+16505551234"}
SHEENA = f"#phone-{seed.PERSON}"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> \u202eevil\u202c 👩‍👩‍👧‍👦 &amp;"
REQUESTS = Path(__file__).parents[1] / "requests"
IMAGE_ID = "1003383421387256"
SAMPLES = Path(__file__).parents[3] / "sandbox" / "fixtures" / "samples"
# What a browser draws its own buttons of films from.
INSIDE = ("blob:", "data:")
WHOLE_PAGE = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture
async def page(visitor: Visitor, sandbox: RunningSandbox, number: str) -> AsyncGenerator[Page]:
    """The page, loaded, with the two seeded phones; it must ask nobody else for anything."""
    yield await loaded(visitor, sandbox)
    assert [url for url in visitor.requests if not url.startswith((sandbox.url, *INSIDE))] == []


async def loaded(visitor: Visitor, sandbox: RunningSandbox, **look: Any) -> Page:
    page = await visitor.open(sandbox.url, **look)
    await expect(page.locator("body")).to_have_attribute("data-link", "live")
    await expect(page.locator(".phone")).to_have_count(2)
    return page


@pytest.fixture
def phone(page: Page) -> Locator:
    """The phone of the person whom most tests are about."""
    return page.locator(SHEENA)


async def send(graph: httpx.AsyncClient, **body: Any) -> str:
    answer = await graph.post(
        f"/{seed.PHONE_NUMBER_ID}/messages", json={**TO, **body, "to": TO["to"]}
    )
    assert answer.status_code == 200, answer.text
    message_id: str = answer.json()["messages"][0]["id"]
    return message_id


async def write(controls: httpx.AsyncClient, **body: Any) -> str:
    answer = await controls.post(f"/people/{seed.PERSON}/messages", json=body)
    assert answer.status_code == 201, answer.text
    message_id: str = answer.json()["id"]
    return message_id


async def say(controls: httpx.AsyncClient, body: str) -> str:
    return await write(controls, type="text", text={"body": body})


async def heard(receiver: Receiver, count: int = 1) -> Json:
    """The last of so many messages the business has got, without what is new every time."""
    message = (await receiver.wait_for("messages", count))[count - 1]
    return {name: message[name] for name in message if name in ("type", message["type"], "context")}


async def test_a_message_appears_and_its_ticks_turn_live(
    phone: Locator, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await say(controls, "Hello")
    await controls.patch(f"/people/{seed.PERSON}", json={"readReceipts": False})

    await send(graph, type="text", text={"body": "Good *morning*"})

    await expect(phone.locator(".bubble.theirs .status.delivered")).to_be_visible()
    await expect(phone.locator(".theirs strong")).to_have_text("morning")
    await controls.patch(f"/people/{seed.PERSON}", json={"readReceipts": True})
    await send(graph, type="text", text={"body": "And again"})
    await expect(phone.locator(".bubble.theirs .status.read")).to_be_visible()


async def test_a_person_writes_and_the_business_hears_it(
    page: Page, phone: Locator, receiver: Receiver
) -> None:
    await phone.get_by_role("textbox", name="Message").click()
    await page.keyboard.type("Is anybody there? 👋")
    await page.keyboard.press("Enter")

    assert await heard(receiver) == {"type": "text", "text": {"body": "Is anybody there? 👋"}}
    await expect(phone.locator(".bubble.mine")).to_contain_text("Is anybody there? 👋")
    await expect(phone.locator(".window.open")).to_be_visible()


async def test_a_reply_button_is_tapped(
    phone: Locator, receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await say(controls, "Hello")
    buttons = [{"type": "reply", "reply": {"id": "yes-7", "title": "Yes, please"}}]
    message_id = await send(
        graph,
        type="interactive",
        interactive={"type": "button", "body": {"text": "Ok?"}, "action": {"buttons": buttons}},
    )

    await phone.get_by_role("button", name="Yes, please").click()

    assert await heard(receiver, 2) == {
        "type": "interactive",
        "context": {"from": "15550783881", "id": message_id},
        "interactive": {
            "type": "button_reply",
            "button_reply": {"id": "yes-7", "title": "Yes, please"},
        },
    }
    await expect(phone.locator(".bubble.mine .quote")).to_contain_text("Ok?")


async def test_a_row_of_a_list_is_chosen_with_the_keyboard(
    page: Page,
    phone: Locator,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
) -> None:
    await say(controls, "Hello")
    rows = [{"id": "am", "title": "Morning"}, {"id": "pm", "title": "Evening", "description": "d"}]
    action = {"button": "Times", "sections": [{"rows": rows}]}
    await send(
        graph,
        type="interactive",
        interactive={"type": "list", "body": {"text": "When?"}, "action": action},
    )

    await phone.get_by_role("button", name="Times").focus()
    await expect(phone.locator(".bubble.theirs .status.read")).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(phone.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(phone.get_by_role("button", name="Evening")).to_be_focused()
    await page.keyboard.press("Enter")

    answer = await heard(receiver, 2)
    assert answer["interactive"] == {
        "type": "list_reply",
        "list_reply": {"id": "pm", "title": "Evening", "description": "d"},
    }
    await expect(phone.get_by_role("dialog")).to_be_hidden()


async def test_a_template_shows_all_of_its_parts_and_its_button_answers(
    phone: Locator, receiver: Receiver, graph: httpx.AsyncClient
) -> None:
    values = [{"type": "text", "text": text} for text in ("Sheena", "860198")]
    url = {"type": "button", "sub_type": "url", "index": "0", "parameters": [values[1]]}
    components = [{"type": "body", "parameters": values}, url]
    template = {"name": "order_confirmation", "language": {"code": "en_US"}}
    await send(graph, type="template", template={**template, "components": components})

    await phone.get_by_role("button", name="Stop updates").click()

    shown = await phone.locator(".bubble.theirs").inner_text()
    assert [line for line in shown.split("\n") if line][:3] == [
        "Order update",
        "Hi Sheena, your order 860198 has shipped.",
        "Lucky Shrub",
    ]
    link = "https://www.luckyshrub.example/track/860198"
    await expect(phone.get_by_role("link")).to_have_attribute("href", link)
    assert (await heard(receiver))["button"] == {"payload": "Stop updates", "text": "Stop updates"}


# What is tapped, what the sheet's button says (if one opens), and what the business hears.
TAPS = {
    "send.interactive.address_message": ("Provide address", "Send address", "nfm_reply"),
    "send.interactive.call_permission_request": ("Allow calls", None, "call_permission_reply"),
    "send.interactive.catalog_message": ("View catalog", "Send order", "order"),
    "send.interactive.flow": ("Book", "Complete the flow", "nfm_reply"),
    "send.interactive.location_request_message": ("Send location", "Send location", "location"),
    "send.interactive.product": ("View", "Send order", "order"),
    "send.interactive.product_list": ("View items", "Send order", "order"),
    "send.interactive.request_contact_info": ("Share contact info", None, "contacts"),
    "send.interactive.carousel_product": ("View product", "Send order", "order"),
    "send.template.carousel": ("Tell me more", None, "button"),
    "send.template.catalog": ("View catalog", "Send order", "order"),
    "send.template.flow": ("Open", "Complete the flow", "nfm_reply"),
    "send.template.mpm": ("View items", "Send order", "order"),
}


async def test_everything_that_can_be_tapped_answers_as_on_a_phone(
    phone: Locator,
    sandbox: RunningSandbox,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
) -> None:
    stock_media(sandbox)
    sandbox.world.numbers[seed.PHONE_NUMBER_ID].settings.calling["status"] = "ENABLED"
    await say(controls, "Hello")
    found: dict[str, str] = {}

    for count, (name, (label, sheet, _)) in enumerate(TAPS.items(), 2):
        message_id = await send(graph, **json.loads((REQUESTS / f"{name}.json").read_text()))
        line = phone.locator(f'.line[data-id="{message_id}"]')
        await expect(line.locator(".status.read")).to_be_visible()
        await line.get_by_role("button", name=label).last.click()
        if sheet is not None:
            await phone.get_by_role("dialog").get_by_role("button", name=sheet).click()
        answer = (await receiver.wait_for("messages", count))[count - 1]
        assert answer["context"] == {"from": "15550783881", "id": message_id}
        found[name] = answer.get("interactive", answer)["type"]

    assert found == {name: kind for name, (_, _, kind) in TAPS.items()}


def stock_media(sandbox: RunningSandbox) -> None:
    """The files that the documented requests name."""
    world = sandbox.world
    picture = (SAMPLES / "image.jpg").read_bytes()
    until_when = world.clock.now() + 86400
    world.media[IMAGE_ID] = Media(
        IMAGE_ID, seed.PHONE_NUMBER_ID, picture, "image/jpeg", until_when, "00"
    )


async def test_without_a_microphone_a_sample_voice_note_is_sent(
    page: Page, phone: Locator, receiver: Receiver
) -> None:
    await phone.get_by_role("button", name="Record a voice note").click()

    (message,) = await receiver.wait_for("messages", 1)
    assert (message["type"], message["audio"]["voice"]) == ("audio", True)
    await expect(page.locator("#toasts")).to_contain_text("No microphone here")


async def test_what_was_sent_to_a_phone_that_is_off_arrives_when_it_is_back(
    phone: Locator, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await say(controls, "Hello")
    await phone.get_by_role("switch", name="Online").click()
    await expect(phone.locator(".cannot")).to_contain_text("Offline")

    await send(graph, type="text", text={"body": "For later"})
    await expect(phone.locator(".bubble.pending .status.sent")).to_be_visible()
    await expect(phone.locator(".why")).to_contain_text("Waits for the phone")
    await phone.get_by_role("switch", name="Online").click()

    await expect(phone.locator(".bubble.arrived .status.read")).to_be_visible()


async def test_a_person_blocks_the_business(
    phone: Locator, sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await say(controls, "Hello")

    await phone.get_by_role("switch", name="Blocks").click()

    await until(lambda: sandbox.world.people[seed.PERSON].blocked == {seed.PHONE_NUMBER_ID})
    await expect(phone.locator(".cannot")).to_contain_text("blocks Lucky Shrub")
    await send(graph, type="text", text={"body": "Hello?"})
    await expect(phone.locator(".why")).to_contain_text("this business is blocked")


async def test_a_message_is_quoted_and_reacted_to(
    page: Page,
    phone: Locator,
    receiver: Receiver,
    graph: httpx.AsyncClient,
    controls: httpx.AsyncClient,
) -> None:
    await say(controls, "Hello")
    message_id = await send(graph, type="text", text={"body": "Quote me"})
    bubble = phone.locator(".bubble.theirs.arrived")

    await bubble.locator(".handle").press("Enter")
    await phone.get_by_role("button", name="React ❤️").click()
    reaction = await heard(receiver, 2)
    await expect(bubble.locator(".reactions")).to_contain_text("❤️")
    await bubble.locator(".handle").press("Enter")
    await phone.get_by_role("dialog").get_by_role("button", name="Reply").click()
    await expect(phone.get_by_role("textbox", name="Message")).to_be_focused()
    await page.keyboard.type("Here")
    await page.keyboard.press("Enter")

    assert reaction == {
        "type": "reaction",
        "reaction": {"message_id": message_id, "emoji": "❤️"},
    }
    assert (await heard(receiver, 3))["context"] == {"from": "15550783881", "id": message_id}


async def test_the_business_is_seen_typing_and_reading(
    phone: Locator, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    message_id = await say(controls, "Are you there?")
    await expect(phone.locator(".bubble.mine .status.delivered")).to_be_visible()
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}

    await graph.post(
        f"/{seed.PHONE_NUMBER_ID}/messages", json={**read, "typing_indicator": {"type": "text"}}
    )

    await expect(phone.locator(".bubble.mine .status.read")).to_be_visible()
    await expect(phone.locator(".head .typing")).to_contain_text("typing")
    await send(graph, type="text", text={"body": "Yes"})
    await expect(phone.locator(".head .typing")).to_have_count(0)


async def test_an_own_message_is_changed_and_deleted(
    phone: Locator, sandbox: RunningSandbox, controls: httpx.AsyncClient
) -> None:
    await say(controls, "Helo")
    bubble, sheet = phone.locator(".bubble.mine"), phone.get_by_role("dialog")

    await bubble.locator(".handle").press("Enter")
    await sheet.get_by_role("textbox", name="New text").fill("Hello")
    await sheet.get_by_role("button", name="Change").click()
    await expect(bubble.locator(".foot")).to_contain_text("edited")
    await expect(bubble.locator(".text")).to_have_text("Hello")
    await bubble.locator(".handle").press("Enter")
    await sheet.get_by_role("button", name="Delete for everyone").click()

    await expect(bubble.locator(".note")).to_have_text("This message was deleted.")
    assert [one.kind for one in sandbox.world.messages.values()] == ["text", "edit", "revoke"]


async def test_a_group_is_a_chat_of_its_own(
    page: Page,
    phone: Locator,
    sandbox: RunningSandbox,
    receiver: Receiver,
    graph: httpx.AsyncClient,
) -> None:
    people = [seed.PERSON, seed.OTHER_PERSON]
    group = Group("group-1", seed.PHONE_NUMBER_ID, "Gardeners", "", 0.0, "c", participants=people)
    sandbox.world.groups[group.id] = group
    sandbox.world.feed.publish("reset")
    await phone.get_by_role("combobox", name="Chat with").select_option("group-1")
    await expect(phone.locator(".head")).to_contain_text("Group")

    await phone.get_by_role("textbox", name="Message").click()
    await page.keyboard.type("Hello all")
    await page.keyboard.press("Enter")

    assert (await receiver.wait_for("messages", 1))[0]["group_id"] == "group-1"
    author = page.locator(f"#phone-{seed.OTHER_PERSON} .bubble.theirs .author")
    await expect(author).to_have_text("Sheena Nelson")


async def test_files_are_sent_and_shown(phone: Locator, receiver: Receiver) -> None:
    files = [SAMPLES / "image.jpg", SAMPLES / "document.pdf"]
    await phone.locator(".files").set_input_files(files)

    picture, document = (await receiver.wait_for("messages", 2))[:2]
    assert (picture["image"]["mime_type"], document["document"]["filename"]) == (
        "image/jpeg",
        "document.pdf",
    )
    await expect(phone.locator("img.photo")).to_have_js_property("naturalWidth", 480)
    await expect(phone.get_by_role("link", name="document.pdf")).to_be_visible()


async def test_the_latest_message_is_in_view_whatever_grows_above_it(
    visitor: Visitor, sandbox: RunningSandbox, controls: httpx.AsyncClient, number: str
) -> None:
    for _ in range(4):
        await write(controls, type="image", image={"caption": "A plant"})
    await say(controls, "The latest")

    page = await loaded(visitor, sandbox)
    await until_holds(
        page,
        f"[...document.querySelectorAll('{SHEENA} img')].filter(one => one.naturalWidth)"
        ".length === 4",
    )

    await until_holds(
        page,
        f"(() => {{ const chat = document.querySelector('{SHEENA} .chat');"
        " return chat.scrollTop > 500"
        " && chat.scrollHeight - chat.scrollTop - chat.clientHeight < 2; })()",
    )


async def test_every_sample_can_be_played_or_seen(
    page: Page, phone: Locator, controls: httpx.AsyncClient
) -> None:
    for kind in ("video", "sticker", "audio"):
        await write(controls, type=kind)

    await expect(phone.locator("img.sticker")).to_have_js_property("naturalWidth", 512)
    await until_holds(page, f"document.querySelector('{SHEENA} video')?.readyState >= 1")
    await until_holds(page, f"document.querySelector('{SHEENA} audio')?.duration > 1.5")


async def test_the_log_shows_calls_and_webhooks_with_their_bodies_and_posts_again(
    page: Page, receiver: Receiver, controls: httpx.AsyncClient
) -> None:
    await say(controls, "See the log")
    await receiver.wait_for("messages", 1)

    log = page.locator("#log")
    await log.get_by_role("button", name="Webhooks").click()
    await log.get_by_role("button", name="message text").click()
    await expect(log.locator("pre").filter(has_text='"body": "See the log"')).to_be_visible()
    await log.locator(".resend").click()

    first, second = (await receiver.wait_for("messages", 2))[:2]
    assert first == second
    await log.get_by_role("button", name="Calls").click()
    await log.get_by_role("button", name=f"POST /{seed.WABA_ID}/subscribed_apps").click()
    await expect(log.locator("pre").filter(has_text='"success": true')).to_be_visible()


async def test_the_log_is_filtered(page: Page, graph: httpx.AsyncClient) -> None:
    await graph.get(f"/{seed.WABA_ID}")
    await graph.get("/123456")
    log = page.locator("#log")
    await expect(log.locator(".entry")).to_have_count(2)

    await log.get_by_role("checkbox").check()

    await expect(log.locator(".entry")).to_have_count(1)
    await expect(log.get_by_role("button", name="GET /123456")).to_be_visible()
    await log.get_by_role("searchbox", name="Filter the log").fill("nothing like this")
    await expect(log.locator(".empty")).to_have_text("Nothing fits this filter.")


async def test_the_clock_is_moved_and_the_window_closes(
    page: Page, phone: Locator, sandbox: RunningSandbox, controls: httpx.AsyncClient
) -> None:
    await say(controls, "Hello")
    await expect(phone.locator(".window.open")).to_be_visible()
    await page.get_by_role("button", name="Freeze").click()
    await expect(page.get_by_role("button", name="Frozen", pressed=True)).to_be_visible()
    frozen_at = sandbox.world.clock.now()

    await page.get_by_role("button", name="+24 h").click()

    await expect(phone.locator(".window:not(.open)")).to_contain_text("closed")
    assert sandbox.world.clock.now() == frozen_at + 86400


async def test_a_fault_is_set_and_taken_back(page: Page, sandbox: RunningSandbox) -> None:
    await page.get_by_role("button", name="Faults").click()
    faults = page.get_by_role("dialog", name="Faults")
    await faults.get_by_role("button", name="rate limit").click()

    await until(lambda: [fault.rule.code for fault in sandbox.world.faults.all()] == [130429])
    await faults.locator(".active").get_by_role("button").click()
    await until(lambda: sandbox.world.faults.all() == [])


async def test_the_page_is_right_after_a_reset(
    page: Page, phone: Locator, controls: httpx.AsyncClient
) -> None:
    await say(controls, "Forget me")
    await controls.post("/people", json={"waId": "16505550001", "name": "Somebody"})
    await expect(phone.locator(".bubble")).to_contain_text("Forget me")
    await expect(page.locator(".chip", has_text="Somebody")).to_be_visible()

    await page.get_by_role("button", name="Reset").click()
    await page.get_by_role("button", name="Reset everything").click()

    await expect(phone.locator(".bubble")).to_have_count(0)
    await expect(page.locator(".chip:not(.add)")).to_have_count(2)
    await expect(phone.locator(".cannot")).to_contain_text("not registered")


async def test_a_number_that_is_registered_can_be_written_to_at_once(
    phone: Locator, sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await controls.post("/reset")
    await expect(phone.locator(".cannot")).to_contain_text("not registered")

    pin = {"messaging_product": "whatsapp", "pin": seed.PIN}
    assert (await graph.post(f"/{seed.PHONE_NUMBER_ID}/register", json=pin)).status_code == 200

    await expect(phone.get_by_role("textbox", name="Message")).to_be_visible()


async def test_a_person_is_added_and_writes(
    page: Page, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    await page.locator(".chip.add").click()
    newcomer = page.get_by_role("dialog", name="New person")
    await newcomer.get_by_label("Name", exact=True).fill("Ada")
    await newcomer.get_by_label("Number, digits").fill("16505550007")
    await page.keyboard.press("Enter")

    await page.locator("#phone-16505550007").get_by_role("textbox", name="Message").click()
    await page.keyboard.type("I am new")
    await page.keyboard.press("Enter")

    assert await heard(receiver) == {"type": "text", "text": {"body": "I am new"}}
    assert sandbox.world.people["16505550007"].name == "Ada"


async def test_hostile_names_and_texts_are_only_shown(
    page: Page, phone: Locator, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await controls.patch(f"/people/{seed.PERSON}", json={"name": HOSTILE})
    await say(controls, HOSTILE)
    await say(controls, "long " * 2000)
    link = {"display_text": HOSTILE[:20], "url": "http://javascript.example/%22onclick=x"}
    await send(
        graph,
        type="interactive",
        interactive={
            "type": "cta_url",
            "header": {"type": "text", "text": HOSTILE[:60]},
            "body": {"text": HOSTILE},
            "footer": {"text": HOSTILE[:60]},
            "action": {"name": "cta_url", "parameters": link},
        },
    )

    await expect(phone.locator(".tap")).to_contain_text(HOSTILE[:20])
    await expect(phone.locator(".bubble.theirs .status.read")).to_be_visible()

    texts = await phone.locator(".bubble .text").all_text_contents()
    assert texts == [HOSTILE, ("long " * 2000)[:3000], HOSTILE]
    assert await phone.locator(".who h2").text_content() == HOSTILE
    await expect(page.locator("main script, main img[src=x]")).to_have_count(0)
    await phone.locator(".more").click()
    await expect(phone.locator("p.text", has_text=re.compile(r"(long ){1999}long"))).to_be_visible()
    assert await page.evaluate(WHOLE_PAGE)


async def test_the_page_catches_up_after_the_connection_was_lost(
    page: Page,
    phone: Locator,
    visitor: Visitor,
    sandbox: RunningSandbox,
    controls: httpx.AsyncClient,
) -> None:
    visitor.expect_complaints("net::ERR_INTERNET_DISCONNECTED")
    await page.context.set_offline(True)
    sandbox.world.feed.close()
    await expect(page.locator("#notice")).to_contain_text("cannot be reached")
    await say(controls, "Said meanwhile")

    await page.context.set_offline(False)

    await expect(phone.locator(".bubble")).to_contain_text("Said meanwhile")
    await expect(page.locator("#notice")).to_be_hidden()


async def test_a_small_screen_shows_one_phone_or_the_log(
    visitor: Visitor, sandbox: RunningSandbox, controls: httpx.AsyncClient, number: str
) -> None:
    small: Json = {"viewport": {"width": 390, "height": 844}, "is_mobile": True}
    page = await loaded(visitor, sandbox, **small, color_scheme="dark")
    await say(controls, "On the move")
    await expect(page.locator(f"{SHEENA} .bubble")).to_contain_text("On the move")
    assert await page.evaluate(WHOLE_PAGE)

    await page.locator(".views").get_by_role("button", name="Log").click()

    await expect(page.locator("#log")).to_be_visible()
    await expect(page.locator("#phones")).to_be_hidden()
    assert await page.evaluate(WHOLE_PAGE)


async def test_everything_that_can_be_used_has_a_name(
    page: Page, phone: Locator, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await say(controls, "Hello")
    await send(graph, type="text", text={"body": "Good morning"})
    await expect(phone.locator(".bubble.theirs")).to_be_visible()

    # Of its colours this says nothing.
    found = [line for line in await violations(page) if not line.startswith("color-contrast")]
    assert found == []


async def test_the_page_and_the_media_may_do_little(
    sandbox: RunningSandbox, controls: httpx.AsyncClient, number: str
) -> None:
    await write(
        controls,
        type="document",
        document={"data": "PHNjcmlwdD4=", "mime_type": "text/html", "filename": "x.html"},
    )
    media_id = next(iter(sandbox.world.media))

    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as client:
        front = await client.get("/")
        file = await client.get(f"/_sandbox/media/{media_id}")
        beside = await client.get("/_sandbox/page/..%2ftesting.py")

    assert "script-src 'self'" in front.headers["content-security-policy"]
    assert "unsafe" not in front.headers["content-security-policy"]
    wanted = ("content-type", "content-disposition", "x-content-type-options")
    assert [file.headers[name] for name in wanted] == [
        "application/octet-stream",
        "attachment",
        "nosniff",
    ]
    assert file.headers["content-security-policy"].startswith("sandbox;")
    assert (file.content, beside.status_code) == (b"<script>", 404)


async def test_a_message_that_comes_while_the_phone_is_loaded_is_shown(
    visitor: Visitor, sandbox: RunningSandbox, number: str, controls: httpx.AsyncClient
) -> None:
    held: list[str] = []

    async def hold(route: Route) -> None:
        if not held:
            answer = await route.fetch()
            held.append(await answer.text())
            await write(controls, type="text", text={"body": "Meanwhile"})
            await asyncio.sleep(0.3)  # the stream brings it before the answer, which is older
            await route.fulfill(response=answer)
        else:
            await route.continue_()

    page = await (await visitor.context()).new_page()
    await page.route(f"**/_sandbox/phones/{seed.PERSON}*", hold)
    await page.goto(sandbox.url)

    await expect(page.locator(SHEENA).get_by_text("Meanwhile")).to_be_visible()
    assert held
    assert "Meanwhile" not in held[0]
