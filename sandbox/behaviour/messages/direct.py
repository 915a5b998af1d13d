"""Direct Send: utility and authentication content without a template, for accounts on a list."""

from __future__ import annotations

import hashlib

from ...protocol.content import between, inner, limited
from ...protocol.errors import invalid_parameter, invalid_value, missing_parameter
from ...protocol.shapes import Json, is_array, is_object, objects, text
from ...world.entities import Template, Waba
from ...world.world import World
from .interactive import check_call_parameters
from .keys import SHAPES, check_shape
from .parts import MAX_BUTTON_ID_CHARS, check_choice, check_frame, check_link

# https://developers.facebook.com/documentation/business-messaging/whatsapp/direct-send/supported-features-and-limits/
MAX_BODY_CHARS = 1024
MAX_BUTTONS = 10
INTERACTIVE = ("button", "cta_url", "voice_call")
# https://developers.facebook.com/documentation/business-messaging/whatsapp/direct-send/configure-message-ttl
LIFE_S = {"utility": (30, 43_200, 30 * 24 * 3600), "authentication": (30, 900, 600)}
SOURCE = "AUTO_GENERATED"


def is_asked_for(body: Json) -> bool:
    return body.get("category") is not None


def has_mixed_buttons(body: Json, kind: object, content: Json) -> bool:
    return is_asked_for(body) and kind == "interactive" and content.get("type") == "button"


def check_mixed_buttons(content: Json) -> None:
    """Up to ten buttons of different kinds, where a message in a window has three replies."""
    action = inner(content, "action", "interactive['action']")
    headers = ("text", "image", "video", "document")
    check_frame(content, "button", headers=headers, needs_body=True, has_footer=True)
    buttons = action.get("buttons")
    if not is_array(buttons) or not buttons:
        raise missing_parameter("interactive['action']['buttons']")
    if len(buttons) > MAX_BUTTONS:
        raise invalid_value(f"Invalid buttons count. Min allowed buttons: 1, Max: {MAX_BUTTONS}")
    for button in objects(buttons):
        kind = text(button.get("type"))
        if kind == "reply":
            check_choice(inner(button, "reply", "button['reply']"), MAX_BUTTON_ID_CHARS)
        elif kind == "cta_url":
            check_link({"name": "cta_url", "parameters": button.get("cta_url")})
        elif kind == "voice_call":
            check_call_parameters(inner(button, "voice_call", "button['voice_call']"))
        else:
            raise invalid_value("Button type must be one of: reply, cta_url, voice_call")


def category_of(waba: Waba, body: Json, kind: str, content: Json) -> str | None:
    """Check what only Direct Send has; the category, or None for an ordinary send."""
    if not is_asked_for(body):
        if body.get("ttl_seconds") is not None:
            raise invalid_parameter("ttl_seconds is supported only together with category")
        return None
    if not waba.direct_send_allowed:
        raise invalid_parameter("This account is not allow-listed for sending without a template")
    category = body["category"]
    if category not in LIFE_S:
        raise invalid_value(f"category must be one of: {', '.join(LIFE_S)}")
    if kind not in ("text", "interactive"):
        raise invalid_value("category is supported for messages of type text and interactive")
    if kind == "interactive" and content.get("type") not in INTERACTIVE:
        raise invalid_value(f"interactive['type'] must be one of: {', '.join(INTERACTIVE)}")
    limited(_body_of(kind, content), "Body text", MAX_BODY_CHARS)
    _check_life(body, category)
    return str(category)


def _check_life(body: Json, category: str) -> None:
    least, most, _ = LIFE_S[category]
    life_s = body.get("ttl_seconds")
    if life_s is not None and not between(life_s, least, most):
        raise invalid_value(f"ttl_seconds must be between {least} and {most} for {category}")
    check_shape(body.get("direct_send_config"), SHAPES["direct_send_config"], "direct_send_config")


def life_s(body: Json, category: str) -> int:
    given = body.get("ttl_seconds")
    return LIFE_S[category][2] if given is None else int(float(given))


def note_template(world: World, waba: Waba, body: Json, kind: str, content: Json) -> None:
    """Meta makes a template of what was sent, that nobody can change."""
    said = _body_of(kind, content)
    config = body.get("direct_send_config")
    name = text(config.get("template_name")) if is_object(config) else ""
    if not name:
        name = "direct_send_" + hashlib.sha256(said.encode()).hexdigest()[:16]
    if any(template.name == name for template in world.templates_of(waba)):
        return
    template_id = world.new_id()
    world.templates[template_id] = Template(
        id=template_id,
        waba_id=waba.id,
        name=name,
        language="en_US",
        category=str(body["category"]).upper(),
        components=[{"type": "BODY", "text": said}],
        created_at=world.clock.now(),
        source=SOURCE,
    )


def _body_of(kind: str, content: Json) -> str:
    if kind == "text":
        return text(content.get("body"))
    said = content.get("body")
    return text(said.get("text")) if is_object(said) else ""
