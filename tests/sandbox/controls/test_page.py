"""The page of phones, used with mouse and keyboard in a headless Chromium."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from appmixer.sandbox.testing import Receiver, RunningSandbox, until
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.entities import Group, Media

from ..browser import Page, chromium, opened

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


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    with chromium(tmp_path_factory.mktemp("chromium")) as address:
        yield address


@pytest.fixture
async def page(browser: str, sandbox: RunningSandbox, number: str) -> AsyncGenerator[Page]:
    """The page, loaded, with the two seeded phones; it must have had no reason to complain."""
    async with at(browser, sandbox) as loaded:
        yield loaded
        assert loaded.complaints == []
        assert [url for url in loaded.requests if not url.startswith((sandbox.url, *INSIDE))] == []


def at(browser: str, sandbox: RunningSandbox, **look: Any) -> AbstractAsyncContextManager[Page]:
    return _loaded(browser, sandbox.url, look)


@asynccontextmanager
async def _loaded(browser: str, url: str, look: Json) -> AsyncGenerator[Page]:
    async with opened(browser, url, **look) as page:
        await page.until("document.body.dataset.link === 'live'")
        await page.until("document.querySelectorAll('.phone').length === 2")
        yield page


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
    page: Page, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await say(controls, "Hello")
    await controls.patch(f"/people/{seed.PERSON}", json={"readReceipts": False})

    await send(graph, type="text", text={"body": "Good *morning*"})

    await page.until_shown(f"{SHEENA} .bubble.theirs .status.delivered")
    assert await page.see(f"document.querySelector('{SHEENA} .theirs strong').textContent") == (
        "morning"
    )
    await controls.patch(f"/people/{seed.PERSON}", json={"readReceipts": True})
    await send(graph, type="text", text={"body": "And again"})
    await page.until_shown(f"{SHEENA} .bubble.theirs .status.read")


async def test_a_person_writes_and_the_business_hears_it(page: Page, receiver: Receiver) -> None:
    await page.click(f"{SHEENA} textarea")
    await page.write("Is anybody there? 👋")
    await page.press("Enter")

    assert await heard(receiver) == {"type": "text", "text": {"body": "Is anybody there? 👋"}}
    await page.until_shown(f"{SHEENA} .bubble.mine", "Is anybody there? 👋")
    await page.until_shown(f"{SHEENA} .window.open")


async def test_a_reply_button_is_tapped(
    page: Page, receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await say(controls, "Hello")
    buttons = [{"type": "reply", "reply": {"id": "yes-7", "title": "Yes, please"}}]
    message_id = await send(
        graph,
        type="interactive",
        interactive={"type": "button", "body": {"text": "Ok?"}, "action": {"buttons": buttons}},
    )

    await page.click(f"{SHEENA} .tap", "Yes, please")

    assert await heard(receiver, 2) == {
        "type": "interactive",
        "context": {"from": "15550783881", "id": message_id},
        "interactive": {
            "type": "button_reply",
            "button_reply": {"id": "yes-7", "title": "Yes, please"},
        },
    }
    await page.until_shown(f"{SHEENA} .bubble.mine .quote", "Ok?")


async def test_a_row_of_a_list_is_chosen_with_the_keyboard(
    page: Page, receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await say(controls, "Hello")
    rows = [{"id": "am", "title": "Morning"}, {"id": "pm", "title": "Evening", "description": "d"}]
    action = {"button": "Times", "sections": [{"rows": rows}]}
    await send(
        graph,
        type="interactive",
        interactive={"type": "list", "body": {"text": "When?"}, "action": action},
    )

    await page.until_shown(f"{SHEENA} .tap", "Times")
    await page.see(f"document.querySelector('{SHEENA} .tap').focus()")
    await page.until_shown(f"{SHEENA} .bubble.theirs .status.read")
    await page.press("Enter")
    await page.until_shown(f"{SHEENA} .sheet")
    await page.press("Tab")
    await page.press("Enter")

    answer = await heard(receiver, 2)
    assert answer["interactive"] == {
        "type": "list_reply",
        "list_reply": {"id": "pm", "title": "Evening", "description": "d"},
    }
    await page.until(f"!document.querySelector('{SHEENA} .sheet')")


async def test_a_template_shows_all_of_its_parts_and_its_button_answers(
    page: Page, receiver: Receiver, graph: httpx.AsyncClient
) -> None:
    values = [{"type": "text", "text": text} for text in ("Sheena", "860198")]
    url = {"type": "button", "sub_type": "url", "index": "0", "parameters": [values[1]]}
    components = [{"type": "body", "parameters": values}, url]
    template = {"name": "order_confirmation", "language": {"code": "en_US"}}
    await send(graph, type="template", template={**template, "components": components})

    await page.click(f"{SHEENA} .tap", "Stop updates")

    shown = await page.see(f"document.querySelector('{SHEENA} .bubble.theirs').innerText")
    assert [line for line in shown.split("\n") if line][:3] == [
        "Order update",
        "Hi Sheena, your order 860198 has shipped.",
        "Lucky Shrub",
    ]
    link = await page.see(f"document.querySelector('{SHEENA} a').href")
    assert link == "https://www.luckyshrub.example/track/860198"
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
    page: Page,
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
        await page.until_shown(f'{SHEENA} .line[data-id="{message_id}"] .status.read')
        await page.click(f'{SHEENA} .line[data-id="{message_id}"] .tap', label)
        if sheet is not None:
            await page.click(f"{SHEENA} .sheet button.strong", sheet)
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
    page: Page, receiver: Receiver
) -> None:
    await page.click(f"{SHEENA} .mic")

    (message,) = await receiver.wait_for("messages", 1)
    assert (message["type"], message["audio"]["voice"]) == ("audio", True)
    await page.until_shown("#toasts .toast", "No microphone here")


async def test_what_was_sent_to_a_phone_that_is_off_arrives_when_it_is_back(
    page: Page, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await say(controls, "Hello")
    await page.click(f"{SHEENA} [data-switch=online]")
    await page.until_shown(f"{SHEENA} .cannot", "Offline")

    await send(graph, type="text", text={"body": "For later"})
    await page.until_shown(f"{SHEENA} .bubble.pending .status.sent")
    await page.until_shown(f"{SHEENA} .why", "Waits for the phone")
    await page.click(f"{SHEENA} [data-switch=online]")

    await page.until_shown(f"{SHEENA} .bubble.arrived .status.read")


async def test_a_person_blocks_the_business(
    page: Page, sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await say(controls, "Hello")

    await page.click(f"{SHEENA} [data-switch=blocks]")

    await until(lambda: sandbox.world.people[seed.PERSON].blocked == {seed.PHONE_NUMBER_ID})
    await page.until_shown(f"{SHEENA} .cannot", "blocks Lucky Shrub")
    await send(graph, type="text", text={"body": "Hello?"})
    await page.until_shown(f"{SHEENA} .why", "this business is blocked")


async def test_a_message_is_quoted_and_reacted_to(
    page: Page, receiver: Receiver, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await say(controls, "Hello")
    message_id = await send(graph, type="text", text={"body": "Quote me"})
    await page.until_shown(f"{SHEENA} .bubble.theirs.arrived")

    await page.see(f"document.querySelector('{SHEENA} .bubble.theirs .handle').focus()")
    await page.press("Enter")
    await page.click(f"{SHEENA} .emoji", "❤️")
    reaction = await heard(receiver, 2)
    await page.until_shown(f"{SHEENA} .bubble.theirs .reactions", "❤️")
    await page.see(f"document.querySelector('{SHEENA} .bubble.theirs .handle').focus()")
    await page.press("Enter")
    await page.click(f"{SHEENA} .inside button", "Reply")
    await page.write("Here")
    await page.press("Enter")

    assert reaction == {
        "type": "reaction",
        "reaction": {"message_id": message_id, "emoji": "❤️"},
    }
    assert (await heard(receiver, 3))["context"] == {"from": "15550783881", "id": message_id}


async def test_the_business_is_seen_typing_and_reading(
    page: Page, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    message_id = await say(controls, "Are you there?")
    await page.until_shown(f"{SHEENA} .bubble.mine .status.delivered")
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}

    await graph.post(
        f"/{seed.PHONE_NUMBER_ID}/messages", json={**read, "typing_indicator": {"type": "text"}}
    )

    await page.until_shown(f"{SHEENA} .bubble.mine .status.read")
    await page.until_shown(f"{SHEENA} .head .typing", "typing")
    await send(graph, type="text", text={"body": "Yes"})
    await page.until(f"!document.querySelector('{SHEENA} .head .typing')")


async def test_an_own_message_is_changed_and_deleted(
    page: Page, sandbox: RunningSandbox, controls: httpx.AsyncClient
) -> None:
    await say(controls, "Helo")
    await page.until_shown(f"{SHEENA} .bubble.mine", "Helo")

    await page.see(f"document.querySelector('{SHEENA} .bubble.mine .handle').focus()")
    await page.press("Enter")
    await page.until_shown(f"{SHEENA} .sheet textarea")
    await page.see(f"document.querySelector('{SHEENA} .sheet textarea').select()")
    await page.write("Hello")
    await page.click(f"{SHEENA} .sheet button", "Change")
    await page.until_shown(f"{SHEENA} .bubble.mine .foot", "edited")
    changed = await page.see(f"document.querySelector('{SHEENA} .bubble.mine .text').textContent")
    await page.see(f"document.querySelector('{SHEENA} .bubble.mine .handle').focus()")
    await page.press("Enter")
    await page.click(f"{SHEENA} .sheet button", "Delete for everyone")

    await page.until_shown(f"{SHEENA} .bubble.mine .note", "This message was deleted.")
    assert changed == "Hello"
    assert [one.kind for one in sandbox.world.messages.values()] == ["text", "edit", "revoke"]


async def test_a_group_is_a_chat_of_its_own(
    page: Page, sandbox: RunningSandbox, receiver: Receiver, graph: httpx.AsyncClient
) -> None:
    people = [seed.PERSON, seed.OTHER_PERSON]
    group = Group("group-1", seed.PHONE_NUMBER_ID, "Gardeners", "", 0.0, "c", participants=people)
    sandbox.world.groups[group.id] = group
    sandbox.world.feed.publish("reset")
    await page.until(f"!!document.querySelector('{SHEENA} .head option[value=group-1]')")
    await page.see(
        f"(() => {{ const chats = document.querySelector('{SHEENA} .head select');"
        " chats.value = 'group-1'; chats.dispatchEvent(new Event('change')); })()"
    )
    await page.until_shown(f"{SHEENA} .head", "Group")

    await page.click(f"{SHEENA} textarea")
    await page.write("Hello all")
    await page.press("Enter")

    assert (await receiver.wait_for("messages", 1))[0]["group_id"] == "group-1"
    await page.until_shown(f"#phone-{seed.OTHER_PERSON} .bubble.theirs .author", "Sheena Nelson")


async def test_files_are_sent_and_shown(page: Page, receiver: Receiver) -> None:
    await page.attach_files(f"{SHEENA} .files", [SAMPLES / "image.jpg", SAMPLES / "document.pdf"])

    picture, document = (await receiver.wait_for("messages", 2))[:2]
    assert (picture["image"]["mime_type"], document["document"]["filename"]) == (
        "image/jpeg",
        "document.pdf",
    )
    await page.until(f"document.querySelector('{SHEENA} img.photo')?.naturalWidth === 480")
    await page.until_shown(f"{SHEENA} a.file", "document.pdf")


async def test_the_latest_message_is_in_view_whatever_grows_above_it(
    browser: str, sandbox: RunningSandbox, controls: httpx.AsyncClient, number: str
) -> None:
    for _ in range(4):
        await write(controls, type="image", image={"caption": "A plant"})
    await say(controls, "The latest")

    async with at(browser, sandbox) as page:
        await page.until(
            f"[...document.querySelectorAll('{SHEENA} img')].filter(one => one.naturalWidth)"
            ".length === 4"
        )

        await page.until(
            f"(() => {{ const chat = document.querySelector('{SHEENA} .chat');"
            " return chat.scrollTop > 500"
            " && chat.scrollHeight - chat.scrollTop - chat.clientHeight < 2; })()"
        )


async def test_every_sample_can_be_played_or_seen(page: Page, controls: httpx.AsyncClient) -> None:
    for kind in ("video", "sticker", "audio"):
        await write(controls, type=kind)

    await page.until(f"document.querySelector('{SHEENA} img.sticker')?.naturalWidth === 512")
    await page.until(f"document.querySelector('{SHEENA} video')?.readyState >= 1")
    await page.until(f"document.querySelector('{SHEENA} audio')?.duration > 1.5")


async def test_the_log_shows_calls_and_webhooks_with_their_bodies_and_posts_again(
    page: Page, receiver: Receiver, controls: httpx.AsyncClient
) -> None:
    await say(controls, "See the log")
    await receiver.wait_for("messages", 1)

    await page.click("#log .segments button", "Webhooks")
    await page.click("#log .summary", "message text")
    await page.until_shown("#log pre", '"body": "See the log"')
    await page.click("#log .resend")

    first, second = (await receiver.wait_for("messages", 2))[:2]
    assert first == second
    await page.click("#log .segments button", "Calls")
    await page.click("#log .summary", f"POST /{seed.WABA_ID}/subscribed_apps")
    await page.until_shown("#log pre", '"success": true')


async def test_the_log_is_filtered(page: Page, graph: httpx.AsyncClient) -> None:
    await graph.get(f"/{seed.WABA_ID}")
    await graph.get("/123456")
    await page.until("document.querySelectorAll('#log .entry').length === 2")

    await page.click("#log .check input")

    await page.until("document.querySelectorAll('#log .entry').length === 1")
    await page.until_shown("#log .summary", "GET /123456")
    await page.click("#log input[type=search]")
    await page.write("nothing like this")
    await page.until_shown("#log .empty", "Nothing fits this filter.")


async def test_the_clock_is_moved_and_the_window_closes(
    page: Page, sandbox: RunningSandbox, controls: httpx.AsyncClient
) -> None:
    await say(controls, "Hello")
    await page.until_shown(f"{SHEENA} .window.open")
    await page.click("#bar button", "Freeze")
    await page.until_shown("#bar button[aria-pressed=true]", "Frozen")
    frozen_at = sandbox.world.clock.now()

    await page.click("#bar button", "+24 h")

    await page.until_shown(f"{SHEENA} .window:not(.open)", "closed")
    assert sandbox.world.clock.now() == frozen_at + 86400


async def test_a_fault_is_set_and_taken_back(page: Page, sandbox: RunningSandbox) -> None:
    await page.click("#bar button", "Faults")
    await page.click(".common button", "rate limit")

    await until(lambda: [fault.rule.code for fault in sandbox.world.faults.all()] == [130429])
    await page.click(".active button")
    await until(lambda: sandbox.world.faults.all() == [])


async def test_the_page_is_right_after_a_reset(page: Page, controls: httpx.AsyncClient) -> None:
    await say(controls, "Forget me")
    await controls.post("/people", json={"waId": "16505550001", "name": "Somebody"})
    await page.until_shown(f"{SHEENA} .bubble", "Forget me")
    await page.until_shown(".chip", "Somebody")

    await page.click("#bar button", "Reset")
    await page.click(".menu button", "Reset everything")

    await page.until(f"!document.querySelector('{SHEENA} .bubble')")
    await page.until("document.querySelectorAll('.chip:not(.add)').length === 2")
    await page.until_shown(f"{SHEENA} .cannot", "not registered")


async def test_a_number_that_is_registered_can_be_written_to_at_once(
    page: Page, sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await controls.post("/reset")
    await page.until_shown(f"{SHEENA} .cannot", "not registered")

    pin = {"messaging_product": "whatsapp", "pin": seed.PIN}
    assert (await graph.post(f"/{seed.PHONE_NUMBER_ID}/register", json=pin)).status_code == 200

    await page.until_shown(f"{SHEENA} .write textarea")


async def test_a_person_is_added_and_writes(
    page: Page, sandbox: RunningSandbox, receiver: Receiver
) -> None:
    await page.click(".chip.add")
    await page.click(".menu [name=name]")
    await page.write("Ada")
    await page.click(".menu [name=waId]")
    await page.write("16505550007")
    await page.press("Enter")

    await page.click("#phone-16505550007 textarea")
    await page.write("I am new")
    await page.press("Enter")

    assert await heard(receiver) == {"type": "text", "text": {"body": "I am new"}}
    assert sandbox.world.people["16505550007"].name == "Ada"


async def test_hostile_names_and_texts_are_only_shown(
    page: Page, graph: httpx.AsyncClient, controls: httpx.AsyncClient
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

    await page.until_shown(f"{SHEENA} .tap", HOSTILE[:20])
    await page.until_shown(f"{SHEENA} .bubble.theirs .status.read")

    texts = await page.see(
        f"[...document.querySelectorAll('{SHEENA} .bubble .text')].map(one => one.textContent)"
    )
    assert texts == [HOSTILE, ("long " * 2000)[:3000], HOSTILE]
    assert await page.see(f"document.querySelector('{SHEENA} .who h2').textContent") == HOSTILE
    assert await page.see("document.querySelectorAll('main script, main img[src=x]').length") == 0
    await page.click(f"{SHEENA} .more")
    await page.until(
        f"[...document.querySelectorAll('{SHEENA} .text')].some(one => one.textContent.length"
        " >= 9999)"
    )
    assert await page.see(WHOLE_PAGE)


async def test_the_page_catches_up_after_the_connection_was_lost(
    browser: str, sandbox: RunningSandbox, controls: httpx.AsyncClient, number: str
) -> None:
    async with at(browser, sandbox) as page:
        offline: Json = {"offline": True, "latency": 0, "downloadThroughput": -1}
        await page.ask("Network.emulateNetworkConditions", **offline, uploadThroughput=-1)
        sandbox.world.feed.close()
        await page.until_shown("#notice", "cannot be reached")
        await say(controls, "Said meanwhile")

        online = {**offline, "offline": False, "uploadThroughput": -1}
        await page.ask("Network.emulateNetworkConditions", **online)

        await page.until_shown(f"{SHEENA} .bubble", "Said meanwhile")
        await page.until("document.querySelector('#notice').hidden")


async def test_a_small_screen_shows_one_phone_or_the_log(
    browser: str, sandbox: RunningSandbox, controls: httpx.AsyncClient, number: str
) -> None:
    async with at(browser, sandbox, width=390, height=844, scheme="dark") as page:
        await say(controls, "On the move")
        await page.until_shown(f"{SHEENA} .bubble", "On the move")
        assert await page.see(WHOLE_PAGE)

        await page.click(".views button", "Log")

        await page.until("document.querySelector('#log').checkVisibility()")
        assert await page.see("document.querySelector('#phones').checkVisibility()") is False
        assert await page.see(WHOLE_PAGE)
        assert page.complaints == []


async def test_everything_that_can_be_used_has_a_name(
    page: Page, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await say(controls, "Hello")
    await send(graph, type="text", text={"body": "Good morning"})
    await page.until_shown(f"{SHEENA} .bubble.theirs")

    tree = await page.ask("Accessibility.getFullAXTree")

    roles = ("button", "textbox", "searchbox", "combobox", "switch", "checkbox", "link", "image")
    nameless = [
        json.dumps(node["role"])
        for node in tree["nodes"]
        if not node.get("ignored")
        and node.get("role", {}).get("value") in roles
        and not node.get("name", {}).get("value")
    ]
    assert nameless == []


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
