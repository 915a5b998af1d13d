"""POST /{phone-number-id}/messages: sending, and marking as read."""

from __future__ import annotations

from dataclasses import dataclass

from ...protocol.errors import missing_parameter, refused
from ...protocol.shapes import Json, is_object, objects, text
from ...world import call_permissions
from ...world.entities import Group, Message, Person, PhoneNumber, Template
from ...world.world import World, new_wamid
from ..call import Answer, Call
from ..templates.parameters import fill_template
from . import attachments, direct, statuses
from .flow_sends import check_flow
from .interactive import check_interactive
from .keys import check_keys, unpacked
from .outcomes import SILENT, ordered_failure, outcome
from .rates import check_rates
from .receipts import mark_read, stop_typing
from .recipients import Recipient, find_recipient
from .template_sends import check_channel, find_template, hold, is_held
from .validation import MEDIA_TYPES, SIMPLE_CHECKS, check_contacts, check_envelope, unsupported_type

# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/time-to-live
DEFAULT_LIFE_S = 30 * 24 * 3600
AUTHENTICATION_LIFE_S = 600
# https://developers.facebook.com/documentation/business-messaging/whatsapp/groups
GROUP_TYPES = ("text", "template", "pin", *MEDIA_TYPES)
# https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/call-button-messages-deep-links
NEED_CALLING = ("voice_call", "call_permission_request")
# As a template's time to live: the whole thirty days.
FULL_LIFE = -1


@dataclass(frozen=True, slots=True)
class Draft:
    """A send that Meta does not refuse."""

    recipient: Recipient
    kind: str
    content: Json
    template: Template | None
    category: str
    life_s: int
    needs_window: bool
    asks_to_call: bool


async def post(call: Call) -> Answer:
    call.parameters = unpacked(call.parameters)
    if call.parameters.get("status") is not None:
        return mark_read(call)
    return await send(call)


async def send(call: Call, *, marketing_category: str | None = None) -> Json:
    """Check, refuse or accept a message. A marketing send has passed checks of its own before."""
    world, number, body = call.world, call.number(), call.parameters
    draft = _checked(call, marketing_category)
    check_rates(world, number, draft.recipient, asks_to_call=draft.asks_to_call)
    message = _message(world, number, draft, body)
    person = draft.recipient.person
    reason = ordered_failure(person, call.failed_code) or await outcome(
        world,
        number,
        message,
        draft.template,
        needs_window=draft.needs_window,
        identity=body.get("recipient_identity_key_hash"),
    )
    world.remember(message)
    if person is not None:
        stop_typing(world, number, person)
    status = _dispatch(world, message, draft.template, reason)
    shows_status = draft.template is not None and marketing_category is None
    return _accepted(draft.recipient, message, status if shows_status else None)


def _checked(call: Call, marketing_category: str | None) -> Draft:
    """Everything that Meta refuses at once."""
    world, number, body = call.world, call.number(), call.parameters
    check_envelope(body)
    kind = body.get("type") or "text"
    content = _content(body, kind)
    if not number.is_registered:
        raise refused(133010)
    waba = world.wabas[number.waba_id]
    category = direct.category_of(waba, body, kind, content)
    recipient = find_recipient(world, number, world.apps[call.bearer().app_id], body)
    _check_place(number, recipient, kind, content)
    template = find_template(world, number, content) if kind == "template" else None
    if template is not None:
        if marketing_category is None:
            check_channel(waba, template)
        if template.category == "AUTHENTICATION" and recipient.is_bsuid:
            raise refused(131062)
        rendered = fill_template(template, objects(content.get("components")))
        content = {**content, "rendered": rendered}
    asks_to_call = _asks_to_call(kind, content, template)
    if asks_to_call and recipient.person is not None:
        _check_permission(world, number, recipient.person)
    attachments.check_ids(world, number, kind, content)
    check_flow(world, number, kind, content, template)
    if category is not None:
        direct.note_template(world, waba, body, kind, content)
    return Draft(
        recipient=recipient,
        kind=kind,
        content=content,
        template=template,
        category=marketing_category or category or _category(template),
        life_s=_life_s(template) if category is None else direct.life_s(body, category),
        needs_window=template is None and category is None and recipient.group is None,
        asks_to_call=asks_to_call,
    )


def _content(body: Json, kind: object) -> Json:
    name = text(kind)
    if name not in SIMPLE_CHECKS and name not in ("contacts", "interactive"):
        raise unsupported_type(kind)
    content = body.get(name)
    if content is None:
        raise missing_parameter(name)
    check_keys(body, name)
    if name == "contacts":
        check_contacts(content)
        return {"contacts": content}
    if direct.has_mixed_buttons(body, kind, content):
        direct.check_mixed_buttons(content)
    elif name == "interactive":
        check_interactive(content)
    else:
        SIMPLE_CHECKS[name](content)
    checked: Json = content
    return checked


def _check_place(number: PhoneNumber, recipient: Recipient, kind: str, content: Json) -> None:
    """What only a group, only a single chat, or only a number with calls can have."""
    if recipient.group is None and kind == "pin":
        raise unsupported_type(kind)
    if recipient.group is not None and kind not in GROUP_TYPES:
        raise refused(131051, f"Message type {kind} is not supported in groups.")
    asks_for_call = kind == "interactive" and content["type"] in NEED_CALLING
    if asks_for_call and number.settings.calling.get("status") != "ENABLED":
        raise refused(138000, f"Calling is not enabled for this number: {content['type']}")


def _asks_to_call(kind: str, content: Json, template: Template | None) -> bool:
    if template is None:
        return kind == "interactive" and content["type"] == "call_permission_request"
    parts = (text(component.get("type")).upper() for component in template.components)
    return "CALL_PERMISSION_REQUEST" in parts


def _check_permission(world: World, number: PhoneNumber, person: Person) -> None:
    if call_permissions.of(world, number, person).status == "permanent":
        raise refused(138017)


def _category(template: Template | None) -> str:
    return "service" if template is None else template.category.lower()


def _life_s(template: Template | None) -> int:
    if template is None or template.message_send_ttl_s == FULL_LIFE:
        return DEFAULT_LIFE_S
    if template.message_send_ttl_s is not None and template.message_send_ttl_s > 0:
        return template.message_send_ttl_s
    return AUTHENTICATION_LIFE_S if template.category == "AUTHENTICATION" else DEFAULT_LIFE_S


def _message(world: World, number: PhoneNumber, draft: Draft, body: Json) -> Message:
    recipient, group = draft.recipient, draft.recipient.group
    now = world.clock.now()
    prefix = "" if group is None else "group_"
    return Message(
        id=new_wamid(recipient.address if recipient.address.isdigit() else "0", is_outbound=True),
        number_id=number.id,
        person=recipient.person,
        recipient=recipient.address,
        is_outbound=True,
        kind=draft.kind,
        content=draft.content,
        at=now,
        expires_at=now + draft.life_s,
        context=_quote(world, number, body),
        opaque=body.get("biz_opaque_callback_data"),
        category=prefix + draft.category,
        group_id=None if group is None else group.id,
        audience=[] if group is None else _members(world, group),
    )


def _quote(world: World, number: PhoneNumber, body: Json) -> Json | None:
    """What is quoted, if it is still there; without it the message arrives all the same."""
    context = body.get("context")
    if not is_object(context):
        return None
    quoted = world.messages.get(str(context["message_id"]))
    return context if quoted is not None and quoted.number_id == number.id else None


def _members(world: World, group: Group) -> list[Person]:
    everyone = (world.people.get(wa_id) for wa_id in group.participants)
    return [person for person in everyone if person is not None]


def _dispatch(
    world: World, message: Message, template: Template | None, reason: Json | None
) -> str:
    """Set the message on its way, or keep it back; gives its `message_status`."""
    if template is not None and reason is None and is_held(world, template):
        hold(world, message, template)
        return world.settings.template_pacing.message_status
    is_silent = reason is SILENT
    failure = None if is_silent else reason
    statuses.dispatch(world, message, failure=failure, is_silent=is_silent)
    return "accepted"


def _accepted(recipient: Recipient, message: Message, status: str | None) -> Json:
    key = "user_id" if recipient.is_bsuid else "wa_id"
    item: Json = {"id": message.id}
    if recipient.group is not None:
        item["group_id"] = recipient.group.id
    if status is not None:
        item["message_status"] = status
    return {
        "messaging_product": "whatsapp",
        "contacts": [{"input": recipient.given, key: recipient.address}],
        "messages": [item],
    }
