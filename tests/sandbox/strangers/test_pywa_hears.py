"""Every webhook there is reaches pywa's own server, is checked, parsed, and holds its values."""

from __future__ import annotations

import importlib
import logging
from typing import Any

import httpx
import pytest
from anyio import to_thread

from appmixer.sandbox.protocol.shapes import is_object
from appmixer.sandbox.testing import RunningSandbox, until
from appmixer.sandbox.world import seed

pytestmark = [
    pytest.mark.anyio,
    # pywa warns of what Meta has and it does not list.
    pytest.mark.filterwarnings("ignore::pywa.errors.PywaUnknownEnumMemberWarning"),
]

# pywa's annotations do not hold up in strict mode, so it enters untyped.
types: Any = importlib.import_module("pywa.types")
errors: Any = importlib.import_module("pywa.errors")

# What pywa makes of an event whose name begins so; the first that fits.
CLASSES = {
    "messages.edit": "EditedMessage",
    "messages.revoke": "DeletedMessage",
    "messages.button": "CallbackButton",
    "messages.interactive.button_reply": "CallbackButton",
    "messages.interactive.list_reply": "CallbackSelection",
    "messages.interactive.nfm_reply.flow": "FlowCompletion",
    "messages.interactive.call_permission_reply": "CallPermissionUpdate",
    "messages.system.user_changed_number": "PhoneNumberChange",
    "messages.system.customer_identity_changed": "IdentityChange",
    "messages": "Message",
    "statuses.group": "GroupMessageStatuses",
    "statuses": "MessageStatus",
    "fields.account_update": "AccountUpdate",
    "fields.calls.connect": "CallConnect",
    "fields.calls.terminate": "CallTerminate",
    "fields.calls.status": "CallStatus",
    "fields.message_template_status_update": "TemplateStatusUpdate",
    "fields.message_template_quality_update": "TemplateQualityUpdate",
    "fields.message_template_components_update": "TemplateComponentsUpdate",
    "fields.template_category_update": "TemplateCategoryUpdate",
    "fields.user_preferences": "UserMarketingPreferences",
    "fields.smb_message_echoes.edit": "OutgoingEditedMessage",
    "fields.smb_message_echoes.revoke": "OutgoingDeletedMessage",
    "fields.smb_message_echoes": "OutgoingMessage",
}
# What pywa 4.5 has no class for, or cannot read although Meta documents it so.
RAW = {
    "messages.interactive.nfm_reply.address": "an address is no flow to it",
    "messages.system.user_changed_user_id": "it takes `from` for granted",
    "messages.errors_only": "it has no class for it",
    "messages.user_actions.link_click": "it has no class for it",
    "statuses.legacy.warning": "it takes the `message` of an error for granted",
    "fields.calls.call_created": "it has no class for it",
    "fields.user_preferences.signup": "it has no class for it",
    "dashboard_test.messages": "Meta's test button sends no user id",
}
# Meta's two bodies for the same news: whoever ignores duplicates hears the first.
TWICE = {"fields.message_template_status_update"}


async def test_every_event_is_parsed(
    bot: Any, controls: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    # pywa takes a contact for granted where Meta leaves it out.
    await controls.post("/settings", json={"contactsOnFailed": True})
    bot.client.filter_updates = False
    names = [one["name"] for one in (await controls.get("/trigger")).json()["events"]]
    wrong: list[str] = []

    for name in names:
        before = len(bot.heard)
        caplog.clear()
        answer = await controls.post("/trigger", json={"event": name})
        assert answer.status_code == 202, answer.text
        if name in TWICE:
            continue
        await _raw_update(bot, before)
        if _class_of(name) not in _kinds(bot, before):
            wrong.append(f"{name}: {_kinds(bot, before)} {_failures(caplog)}")

    assert len(names) == 168
    assert wrong == []


async def _raw_update(bot: Any, since: int) -> None:
    await until(lambda: "RawUpdate" in _kinds(bot, since))


def _kinds(bot: Any, since: int) -> list[str]:
    return [type(update).__name__ for update in bot.heard[since:]]


def _failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [str(record.exc_info) for record in caplog.records if record.levelno >= logging.ERROR]


def _class_of(name: str) -> str:
    if name in RAW:
        return "RawUpdate"
    fitting = [kind for start, kind in CLASSES.items() if name.startswith(start)]
    return fitting[0] if fitting else "RawUpdate"


# What pywa read, and where Meta's body has it; the path begins at the value of the change.
VALUES: dict[str, dict[str, str]] = {
    "messages.text.reply": {
        "id": "messages.0.id",
        "text": "messages.0.text.body",
        "from_user.name": "contacts.0.profile.name",
        "from_user.wa_id": "contacts.0.wa_id",
        "from_user.bsuid": "contacts.0.user_id",
        "metadata.phone_number_id": "metadata.phone_number_id",
        "reply_to_message.id": "messages.0.context.id",
    },
    "messages.text.referral_ad": {
        "referral.source_url": "messages.0.referral.source_url",
        "referral.headline": "messages.0.referral.headline",
        "referral.ctwa_clid": "messages.0.referral.ctwa_clid",
    },
    "messages.image": {
        "image.id": "messages.0.image.id",
        "image.mime_type": "messages.0.image.mime_type",
        "image.sha256": "messages.0.image.sha256",
        "caption": "messages.0.image.caption",
    },
    "messages.audio.voice": {
        "audio.id": "messages.0.audio.id",
        "audio.voice": "messages.0.audio.voice",
    },
    "messages.document": {"document.filename": "messages.0.document.filename"},
    "messages.location": {
        "location.latitude": "messages.0.location.latitude",
        "location.longitude": "messages.0.location.longitude",
        "location.name": "messages.0.location.name",
    },
    "messages.contacts": {
        "contacts.0.name.formatted_name": "messages.0.contacts.0.name.formatted_name",
        "contacts.0.phones.0.phone": "messages.0.contacts.0.phones.0.phone",
    },
    "messages.order": {
        "order.catalog_id": "messages.0.order.catalog_id",
        "order.products.0.sku": "messages.0.order.product_items.0.product_retailer_id",
        "order.products.0.price": "messages.0.order.product_items.0.item_price",
    },
    "messages.reaction": {
        "reaction.emoji": "messages.0.reaction.emoji",
        "reaction.message_id": "messages.0.reaction.message_id",
    },
    "messages.edit.text": {"original_message_id": "messages.0.edit.original_message_id"},
    "messages.revoke": {"original_message_id": "messages.0.revoke.original_message_id"},
    "messages.button": {"data": "messages.0.button.payload", "title": "messages.0.button.text"},
    "messages.interactive.button_reply": {
        "data": "messages.0.interactive.button_reply.id",
        "title": "messages.0.interactive.button_reply.title",
    },
    "messages.interactive.list_reply": {
        "data": "messages.0.interactive.list_reply.id",
        "description": "messages.0.interactive.list_reply.description",
    },
    "messages.interactive.nfm_reply.flow": {"body": "messages.0.interactive.nfm_reply.body"},
    "messages.interactive.call_permission_reply.accept": {
        "response": "messages.0.interactive.call_permission_reply.response"
    },
    "messages.system.user_changed_number": {"new_wa_id": "messages.0.system.wa_id"},
    "statuses.sent.marketing.with_conversation": {
        "id": "statuses.0.id",
        "status": "statuses.0.status",
        "conversation.id": "statuses.0.conversation.id",
        "pricing.category": "statuses.0.pricing.category",
    },
    "statuses.sent.biz_opaque_callback_data": {"tracker": "statuses.0.biz_opaque_callback_data"},
    "statuses.failed.131047": {
        "status": "statuses.0.status",
        "error.code": "statuses.0.errors.0.code",
        "error.message": "statuses.0.errors.0.title",
    },
    "fields.account_update.PARTNER_ADDED": {
        "event": "event",
        "waba_info.id": "waba_info.waba_id",
        "waba_info.owner_business_id": "waba_info.owner_business_id",
    },
    "fields.calls.connect.user_initiated": {
        "id": "calls.0.id",
        "event": "calls.0.event",
        "direction": "calls.0.direction",
        "session.sdp": "calls.0.session.sdp",
    },
    "fields.calls.terminate": {"id": "calls.0.id", "duration": "calls.0.duration"},
    "fields.calls.status": {"id": "statuses.0.id", "status": "statuses.0.status"},
    "fields.message_template_status_update.REJECTED": {
        "template_name": "message_template_name",
        "template_language": "message_template_language",
        "new_status": "event",
        "reason": "reason",
    },
    "fields.message_template_quality_update": {
        "new_quality_score": "new_quality_score",
        "previous_quality_score": "previous_quality_score",
    },
    "fields.message_template_components_update": {"template_element": "message_template_element"},
    "fields.template_category_update.changed": {"new_category": "new_category"},
    "fields.user_preferences.stop": {
        "value": "user_preferences.0.value",
        "from_user.wa_id": "user_preferences.0.wa_id",
    },
    "fields.smb_message_echoes.text": {
        "id": "message_echoes.0.id",
        "text": "message_echoes.0.text.body",
    },
}


@pytest.mark.parametrize("event", VALUES)
async def test_it_holds_the_values(event: str, bot: Any, controls: httpx.AsyncClient) -> None:
    await controls.post("/settings", json={"contactsOnFailed": True})
    bot.client.filter_updates = False

    answer = await controls.post("/trigger", json={"event": event})

    value = answer.json()["body"]["entry"][0]["changes"][0]["value"]
    [update] = await bot.hears(_class_of(event))
    got = {name: _at(update, name) for name in VALUES[event]}
    assert got == {name: _at(value, path) for name, path in VALUES[event].items()}


def _at(thing: Any, path: str) -> Any:
    for step in path.split("."):
        thing = _part(thing, step)
    return thing


def _part(thing: Any, step: str) -> Any:
    if step.isdecimal():
        return thing[int(step)]
    return thing[step] if is_object(thing) else getattr(thing, step)


async def test_hears_a_text_and_answers_it(bot: Any, controls: httpx.AsyncClient) -> None:
    text = {"text": {"body": "Grüße \U0001f600 </script>"}}
    written = (await controls.post(f"/people/{seed.PERSON}/messages", json=text)).json()
    [heard] = await bot.hears("Message")
    button = types.Button("Thanks", "thanks")

    answer = await to_thread.run_sync(
        lambda: heard.reply("You too", buttons=[button], tracker="t-1")
    )

    statuses = await bot.hears("MessageStatus", 3)
    assert (heard.id, heard.text) == (written["id"], "Grüße \U0001f600 </script>")
    # In whatever order its threads come to it.
    assert {(status.id, status.status.value) for status in statuses} == {
        (answer.id, "sent"),
        (answer.id, "delivered"),
        (answer.id, "read"),
    }
    assert [status.tracker for status in statuses] == ["t-1"] * 3


async def test_reads_a_failed_status_as_its_own_error(
    bot: Any, controls: httpx.AsyncClient
) -> None:
    await controls.post("/settings", json={"contactsOnFailed": True})

    await bot.call("send_text", f"+{seed.PERSON}", "Hello")

    [status] = await bot.hears("MessageStatus")
    assert status.status.value == "failed"
    assert isinstance(status.error, errors.ReEngagementMessage)


async def test_reads_a_refusal_as_its_own_error(bot: Any) -> None:
    templates: Any = importlib.import_module("pywa.types.templates")
    params = [templates.BodyText.params("Sheena")]

    with pytest.raises(errors.TemplateParamCountMismatch):
        await bot.call(
            "send_template",
            f"+{seed.PERSON}",
            "order_confirmation",
            templates.TemplateLanguage.ENGLISH_US,
            params,
        )


async def test_refuses_what_is_wrongly_signed(bot: Any, sandbox: RunningSandbox) -> None:
    url = sandbox.world.apps[seed.APP_ID].callback_url
    forged = {"X-Hub-Signature-256": "sha256=" + "0" * 64}

    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(str(url), content=b'{"entry":[]}', headers=forged)

    assert answer.status_code == 403
    assert bot.heard == []
