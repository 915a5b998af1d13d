"""POST /{phone-number-id}/marketing_messages: marketing templates through the other channel."""

from __future__ import annotations

from ...protocol.errors import invalid_parameter, invalid_value, refused
from ...protocol.shapes import Json, is_object, text
from ...world.entities import Template, Waba
from ..call import Answer, Call
from . import post
from .keys import unpacked

# https://developers.facebook.com/documentation/business-messaging/whatsapp/marketing-messages/send-marketing-messages
POLICIES = ("CLOUD_API_FALLBACK", "STRICT")
SYNCING_S = 600.0
LITE = "marketing_lite"


async def send(call: Call) -> Answer:
    body = call.parameters = unpacked(call.parameters)
    if body.get("type") != "template":
        raise invalid_parameter("Message must be a template message.")
    policy = body.get("product_policy", POLICIES[0])
    if policy not in POLICIES:
        raise invalid_value(f"product_policy must be one of: {', '.join(POLICIES)}")
    if not isinstance(body.get("message_activity_sharing", False), bool):
        raise invalid_value("message_activity_sharing must be a boolean")
    waba = call.world.wabas[call.number().waba_id]
    template = _template(call, body)
    category = (
        LITE if template is None else _channel(call, waba, template, strict=policy == "STRICT")
    )
    return await post.send(call, marketing_category=category)


def _template(call: Call, body: Json) -> Template | None:
    """The template that is meant; None leaves the refusal to the checks of every send."""
    content = body.get("template")
    if not is_object(content) or not is_object(content.get("language")):
        return None
    wanted = (content.get("name"), text(content["language"].get("code")))
    for template in call.world.templates.values():
        if template.waba_id == call.number().waba_id and wanted == (
            template.name,
            template.language,
        ):
            return template
    return None


def _channel(call: Call, waba: Waba, template: Template, *, strict: bool) -> str:
    """The category a status will name: the marketing channel, or the Cloud API it falls back to."""
    if template.category != "MARKETING":
        raise refused(134100)
    if call.world.clock.now() - template.updated_at < SYNCING_S:
        raise refused(134101)
    if waba.marketing_messages_status == "ONBOARDED":
        return LITE
    if strict:
        raise refused(134102)
    return "marketing"
