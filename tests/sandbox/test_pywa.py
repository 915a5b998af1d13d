"""A public client that knows nothing of us, pywa, works against the sandbox over real HTTP."""

from __future__ import annotations

import importlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from anyio import to_thread
from fastapi import FastAPI

from appmixer.sandbox.testing import RunningSandbox, serving, until
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

# pywa's annotations do not hold up in strict mode, so it enters untyped.
pywa: Any = importlib.import_module("pywa")
errors: Any = importlib.import_module("pywa.errors")
templates: Any = importlib.import_module("pywa.types.templates")

PNG = b"\x89PNG\r\n\x1a\n-picture-"


@dataclass
class Bot:
    """pywa with a webhook server of its own, signature validation on."""

    client: Any
    url: str = ""
    messages: list[Any] = field(default_factory=list[Any])
    statuses: list[Any] = field(default_factory=list[Any])


@pytest.fixture
async def bot(
    sandbox: RunningSandbox, graph: httpx.AsyncClient, controls: httpx.AsyncClient, number: str
) -> AsyncGenerator[Bot]:
    session = httpx.Client(trust_env=False, verify=False)
    server = FastAPI()
    client = pywa.WhatsApp(
        phone_id=number,
        token=seed.SYSTEM_USER_TOKEN,
        session=session,
        server=server,
        verify_token=seed.VERIFY_TOKEN,
        app_id=seed.APP_ID,
        app_secret=seed.APP_SECRET,
        waba_id=seed.WABA_ID,
        validate_updates=True,
    )
    # The one thing that is changed: where Graph is.
    session.base_url = httpx.URL(f"{sandbox.url}/v25.0")
    made = Bot(client)

    def hear(_client: Any, message: Any) -> None:
        made.messages.append(message)

    def note(_client: Any, status: Any) -> None:
        made.statuses.append(status)

    client.on_message()(hear)
    client.on_message_status()(note)
    async with serving(server) as url:
        answer = await controls.post("/webhook", json={"callbackUrl": f"{url}/"})
        assert answer.json()["reason"] is None
        await graph.post(f"/{seed.WABA_ID}/subscribed_apps")
        yield made
    await to_thread.run_sync(session.close)


async def test_hears_a_text_and_answers_it(bot: Bot, controls: httpx.AsyncClient) -> None:
    text = {"text": {"body": "Grüße \U0001f600"}}
    written = (await controls.post(f"/people/{seed.PERSON}/messages", json=text)).json()
    await until(lambda: len(bot.messages) == 1)
    heard = bot.messages[0]

    answer = await to_thread.run_sync(
        lambda: heard.reply(
            "You too", buttons=[pywa.types.Button("Thanks", "thanks")], tracker="t-1"
        )
    )

    await until(lambda: len(bot.statuses) == 3)
    assert (heard.id, heard.text) == (written["id"], "Grüße \U0001f600")
    assert (heard.from_user.wa_id, heard.from_user.name) == (seed.PERSON, "Sheena Nelson")
    assert [(status.id, status.status.value) for status in bot.statuses] == [
        (answer.id, "sent"),
        (answer.id, "delivered"),
        (answer.id, "read"),
    ]
    assert [status.tracker for status in bot.statuses] == ["t-1"] * 3


async def test_hears_every_kind_of_message(bot: Bot, controls: httpx.AsyncClient) -> None:
    location = {"latitude": 37.4, "longitude": -122.1, "name": "Philz Coffee"}
    card: dict[str, Any] = {
        "name": {"formatted_name": "Barbara", "first_name": "Barbara"},
        "phones": [],
    }
    order = {
        "catalog_id": "1",
        "text": "",
        "product_items": [
            {"product_retailer_id": "a", "quantity": 2, "item_price": 30, "currency": "USD"}
        ],
    }
    kinds: list[dict[str, Any]] = [
        {"type": "image", "image": {"caption": "Look"}},
        {"type": "audio", "audio": {"voice": True}},
        {"type": "video"},
        {"type": "document", "document": {"filename": "a.pdf"}},
        {"type": "sticker"},
        {"type": "location", "location": location},
        {"type": "contacts", "contacts": [card]},
        {"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "\U0001f44d"}},
        {"type": "order", "order": order},
        {"type": "unsupported", "unsupported": {"type": "poll_creation"}},
    ]

    for message in kinds:
        answer = await controls.post(f"/people/{seed.PERSON}/messages", json=message)
        assert answer.status_code == 201, answer.text

    await until(lambda: len(bot.messages) == len(kinds))
    assert [message.type.value for message in bot.messages] == [kind["type"] for kind in kinds]
    assert bot.messages[0].caption == "Look"
    assert bot.messages[0].image is not None
    assert bot.messages[0].image.mime_type == "image/jpeg"
    assert bot.messages[5].location is not None
    assert bot.messages[5].location.name == "Philz Coffee"


async def test_sends_a_template(bot: Bot) -> None:
    sent = await to_thread.run_sync(
        lambda: bot.client.send_template(
            to=f"+{seed.PERSON}",
            name="order_confirmation",
            language=templates.TemplateLanguage.ENGLISH_US,
            params=[
                templates.BodyText.params("Sheena", "860198"),
                templates.URLButton.params(url_variable="860198", index=0),
            ],
        )
    )

    await until(lambda: len(bot.statuses) == 3)
    assert {status.id for status in bot.statuses} == {sent.id}
    assert bot.statuses[0].pricing is not None


async def test_reads_a_refusal_as_its_own_error(bot: Bot) -> None:
    def send() -> None:
        bot.client.send_template(
            to=f"+{seed.PERSON}",
            name="order_confirmation",
            language=templates.TemplateLanguage.ENGLISH_US,
            params=[templates.BodyText.params("Sheena")],
        )

    with pytest.raises(errors.TemplateParamCountMismatch):
        await to_thread.run_sync(send)


async def test_reads_a_failed_status_as_its_own_error(
    bot: Bot, controls: httpx.AsyncClient
) -> None:
    # pywa 4.5 takes a contact for granted, which Meta's page on user ids excludes here.
    await controls.post("/settings", json={"contactsOnFailed": True})

    await to_thread.run_sync(lambda: bot.client.send_text(to=f"+{seed.PERSON}", text="Hello"))

    await until(lambda: len(bot.statuses) == 1)
    assert bot.statuses[0].status.value == "failed"
    assert isinstance(bot.statuses[0].error, errors.ReEngagementMessage)


async def test_uploads_downloads_and_deletes_media(bot: Bot) -> None:
    def work() -> tuple[str, bytes]:
        media = bot.client.upload_media(PNG, mime_type="image/png", filename="a.png")
        described = bot.client.get_media_url(media.id)
        content = bot.client.get_media_bytes(described.url)
        bot.client.delete_media(media.id)
        return media.id, content

    media_id, content = await to_thread.run_sync(work)

    assert content == PNG
    with pytest.raises(errors.WhatsAppError):
        await to_thread.run_sync(lambda: bot.client.get_media_url(media_id))


async def test_manages_number_account_and_templates(bot: Bot) -> None:
    def work() -> tuple[Any, Any, Any, Any]:
        bot.client.register_phone_number(pin=seed.PIN)
        return (
            bot.client.get_business_phone_number(),
            bot.client.get_business_phone_numbers(),
            bot.client.get_business_account(),
            bot.client.get_templates(),
        )

    number, numbers, account, listed = await to_thread.run_sync(work)

    assert number.id == seed.PHONE_NUMBER_ID
    assert number.platform_type == "CLOUD_API"
    assert [one.id for one in numbers] == [seed.PHONE_NUMBER_ID, seed.UNVERIFIED_PHONE_NUMBER_ID]
    assert account.id == seed.WABA_ID
    assert "hello_world" in [template.name for template in listed]
