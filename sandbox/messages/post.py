"""POST /{phone-number-id}/messages: sending, and marking as read."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ..graph.call import Answer, Call, success
from ..graph.errors import (
    MetaError,
    failure,
    invalid_parameter,
    invalid_value,
    missing_parameter,
    not_simulated,
    refused,
)
from ..shapes import Json, is_object, objects, text
from ..templates.parameters import fill_template
from ..world import statuses
from ..world.entities import App, Message, Person, PhoneNumber, Template
from ..world.world import World, new_wamid
from .interactive import check_interactive
from .validation import (
    MEDIA_TYPES,
    SIMPLE_CHECKS,
    check_contacts,
    check_envelope,
    unsupported_type,
)

BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
PUNCTUATION = str.maketrans("", "", "+ -().\u00a0")
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/time-to-live
DEFAULT_LIFE_S = 30 * 24 * 3600
AUTHENTICATION_LIFE_S = 600
TYPING_S = 25.0
BUSINESS_SEES_READ_FOR_S = 30 * 24 * 3600


async def post(call: Call) -> Answer:
    if call.parameters.get("status") is not None:
        return _mark_read(call)
    return _send(call)


def _send(call: Call) -> Json:
    world, number, body = call.world, call.number(), call.parameters
    check_envelope(body)
    kind = body.get("type", "text")
    content = _checked_content(body, kind)
    if not number.is_registered:
        raise refused(133010)
    if body.get("category") is not None:
        raise invalid_parameter("This account is not allow-listed for sending without a template")
    if body.get("recipient_type") == "group":
        raise not_simulated("POST", "messages to groups")
    app = world.apps[call.bearer().app_id]
    given, address, person = _recipient(world, number, app, body)
    template = _template(world, number, content) if kind == "template" else None
    if template is not None and template.category == "AUTHENTICATION" and not address.isdigit():
        raise refused(131062)
    rendered = _render(template, content)
    _check_media(world, number, kind, content)
    message = Message(
        id=new_wamid(address if address.isdigit() else "0", is_outbound=True),
        number_id=number.id,
        person=person,
        recipient=address,
        is_outbound=True,
        kind=kind,
        content={**content, "rendered": rendered} if rendered else content,
        at=world.clock.now(),
        context=body.get("context"),
        opaque=body.get("biz_opaque_callback_data"),
        category=template.category.lower() if template else "service",
    )
    message.expires_at = message.at + _life_s(template)
    world.remember(message)
    _dispatch(world, number, message, template)
    return _accepted(given, address, message, is_template=template is not None)


def _checked_content(body: Json, kind: object) -> Json:
    if kind == "contacts":
        if body.get("contacts") is None:
            raise missing_parameter("contacts")
        check_contacts(body["contacts"])
        return {"contacts": body["contacts"]}
    check = check_interactive if kind == "interactive" else SIMPLE_CHECKS.get(text(kind))
    if check is None:
        raise unsupported_type(kind)
    content = body.get(text(kind))
    if content is None:
        raise missing_parameter(text(kind))
    if not is_object(content):
        raise invalid_value(f"{kind} must be an object")
    check(content)
    return content


def _recipient(
    world: World, number: PhoneNumber, app: App, body: Json
) -> tuple[str, str, Person | None]:
    """What was written, the address it stands for, and who that is (if anyone)."""
    to, bsuid = body.get("to"), body.get("recipient")
    if to is None and bsuid is None:
        raise missing_parameter("to")
    if to is None:
        return _by_bsuid(world, app, bsuid)
    if not isinstance(to, str | int) or isinstance(to, bool):
        raise invalid_parameter("Parameter value is not valid: to must be a valid phone number")
    given = str(to)
    digits = given.translate(PUNCTUATION)
    if not digits.isdecimal() or not digits.isascii() or not 5 <= len(digits) <= 15:
        raise invalid_parameter("Parameter value is not valid: to must be a valid phone number")
    wa_id = _known_form(world, number, given, digits)
    if wa_id == number.digits:
        raise refused(131021)
    _check_allowed(world, app, wa_id)
    return given, wa_id, world.people.get(wa_id)


def _by_bsuid(world: World, app: App, bsuid: object) -> tuple[str, str, Person | None]:
    if not isinstance(bsuid, str) or not BSUID.fullmatch(bsuid):
        raise invalid_parameter("Parameter value is not valid: recipient must be a valid user id")
    person = world.people_by_bsuid.get(bsuid)
    _check_allowed(world, app, person.wa_id if person else bsuid)
    return bsuid, bsuid, person


def _known_form(world: World, number: PhoneNumber, given: str, digits: str) -> str:
    """The platform knows some numbers in another form than people write them."""
    forms = [digits]
    if not given.lstrip().startswith("+"):
        forms.append(number.country_code + digits)
    if digits.startswith("521"):
        forms.append("52" + digits[3:])
    elif digits.startswith("52"):
        forms.append("521" + digits[2:])
    if digits.startswith("55") and len(digits) == 13 and digits[4] == "9":
        forms.append(digits[:4] + digits[5:])
    elif digits.startswith("55") and len(digits) == 12:
        forms.append(f"{digits[:4]}9{digits[4:]}")
    return next((form for form in forms if form in world.people), digits)


def _check_allowed(world: World, app: App, address: str) -> None:
    if world.settings.mode == "development" and address not in app.allowed_recipients:
        raise refused(131030)


def _template(world: World, number: PhoneNumber, content: Json) -> Template:
    name, language = content["name"], content["language"]["code"]
    waba = world.wabas[number.waba_id]
    found = [
        template
        for template in world.templates_of(waba)
        if template.name == name and template.language == language
    ]
    usable = ("APPROVED", "PAUSED", "DISABLED")
    if not found or found[0].status not in usable:
        raise refused(132001, f"template name ({name}) does not exist in {language}")
    if found[0].status == "PAUSED":
        raise refused(132015)
    if found[0].status == "DISABLED":
        raise refused(132016)
    return found[0]


def _render(template: Template | None, content: Json) -> str | None:
    if template is None:
        return None
    return fill_template(template, objects(content.get("components")))


def _check_media(world: World, number: PhoneNumber, kind: str, content: Json) -> None:
    """An uploaded file must exist, still, and belong to the same account."""
    for media_id in _media_ids(kind, content):
        media = world.media.get(media_id)
        is_ours = media is not None and world.numbers[media.number_id].waba_id == number.waba_id
        if media is None or not is_ours or media.expires_at <= world.clock.now():
            raise invalid_value(f"Media id {media_id} does not exist or has expired")
        expected = "image" if kind == "sticker" else kind
        if kind in MEDIA_TYPES and kind != "document" and media.mime_type.split("/")[0] != expected:
            raise invalid_value(f"Media of type {media.mime_type} cannot be sent as {kind}")


def _media_ids(kind: str, content: Json) -> list[str]:
    if kind in MEDIA_TYPES:
        return [content["id"]] if content.get("id") else []
    if kind == "interactive":
        header = content.get("header")
        return _id_in(header) if is_object(header) else []
    if kind == "template":
        return [
            media_id
            for component in objects(content.get("components"))
            for parameter in objects(component.get("parameters"))
            for media_id in _id_in(parameter)
        ]
    return []


def _id_in(holder: Json) -> list[str]:
    form = text(holder.get("type"))
    media = holder.get(form)
    if form in MEDIA_TYPES and is_object(media) and media.get("id"):
        return [str(media["id"])]
    return []


def _life_s(template: Template | None) -> int:
    if template is None:
        return DEFAULT_LIFE_S
    if template.message_send_ttl_s is not None and template.message_send_ttl_s > 0:
        return template.message_send_ttl_s
    return AUTHENTICATION_LIFE_S if template.category == "AUTHENTICATION" else DEFAULT_LIFE_S


def _dispatch(
    world: World, number: PhoneNumber, message: Message, template: Template | None
) -> None:
    """Decide the fate: what Meta only finds out after it accepted the message."""
    reason: Json | None = None
    is_silent = False
    link = _link(message.kind, message.content)
    if message.person is None:
        reason = failure(131026)
    elif template is None and not world.window_is_open(number, message.person):
        is_silent = world.settings.out_of_window == "silent"
        reason = None if is_silent else failure(131047)
    elif link is not None and (urlsplit(link).hostname or "").endswith(".invalid"):
        # The reserved name stands for every link that Meta's servers cannot fetch.
        reason = failure(131053)
    statuses.dispatch(world, message, failure=reason, is_silent=is_silent)


def _link(kind: str, content: Json) -> str | None:
    return content.get("link") if kind in MEDIA_TYPES else None


def _accepted(given: str, address: str, message: Message, *, is_template: bool) -> Json:
    key = "wa_id" if address.isdigit() else "user_id"
    item: Json = {"id": message.id}
    if is_template:
        item["message_status"] = "accepted"
    return {
        "messaging_product": "whatsapp",
        "contacts": [{"input": given, key: address}],
        "messages": [item],
    }


def _mark_read(call: Call) -> Json:
    world, number, body = call.world, call.number(), call.parameters
    if body.get("messaging_product") != "whatsapp":
        raise MetaError(100, "(#100) The parameter messaging_product is required.")
    if body["status"] != "read":
        raise invalid_value("status must be read")
    message = world.messages.get(call.need("message_id"))
    now = world.clock.now()
    if (
        message is None
        or message.is_outbound
        or message.number_id != number.id
        or now - message.at > BUSINESS_SEES_READ_FOR_S
    ):
        raise invalid_value("message_id is not a message this number received in the last 30 days")
    person = message.person
    if person is not None:
        for earlier in person.chat:
            if not earlier.is_outbound and earlier.number_id == number.id:
                earlier.is_read = True
            if earlier is message:
                break
        indicator = body.get("typing_indicator")
        if is_object(indicator):
            if indicator.get("type") != "text":
                raise invalid_value("typing_indicator['type'] must be text")
            world.conversation(number, person).typing_until = now + TYPING_S
    return success()
