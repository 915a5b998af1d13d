"""Creating templates: from components, from the library, and many languages at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ...protocol.errors import refused
from ...protocol.shapes import Json, is_array, is_object, text
from ...world.entities import Template, Waba
from ...world.world import World
from ..call import Answer, Call, loads
from . import lifecycle
from .authentication import check_authentication, worded
from .components import Draft, check_components
from .languages import check_language
from .library import from_library
from .refusals import (
    BAD_NAME,
    EXISTS_ALREADY,
    LIMIT_REACHED,
    NAME_IS_BLOCKED,
    not_one_of,
    parameter,
    refusal,
    too_long,
)

FORMATS = ("POSITIONAL", "NAMED")
CATEGORIES = ("UTILITY", "MARKETING", "AUTHENTICATION")
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview
MAX_TEMPLATES = 250
MAX_NAME_CHARS = 512
MAX_CREATIONS = 100
CREATION_WINDOW_S = 3600.0
NAME = re.compile(r"[a-z0-9_]+")
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/time-to-live
LIFE_S = {
    "AUTHENTICATION": range(30, 901),
    "UTILITY": range(30, 43_201),
    "MARKETING": range(43_200, 2_592_001),
}
THIRTY_DAYS = -1


@dataclass(frozen=True)
class Definition:
    """What a template is to be, checked and in the form it is kept."""

    category: str
    parameter_format: str
    components: list[Json]
    life_s: int | None


async def create(call: Call) -> Answer:
    """POST /{waba-id}/message_templates"""
    world, waba, body = call.world, call.waba(), call.parameters
    name, language = _name(call), call.need("language")
    check_language(language)
    category = checked_category(call.need("category"))
    if body.get("library_template_name"):
        components = from_library(call, language, category)
        definition = Definition(category, "POSITIONAL", components, life_in(body, category))
    else:
        definition = checked_definition(world, body, category, language)
        definition = replace(definition, category=_judged(world, category))
    _check_room(world, waba, name, language)
    template = _add(world, waba, name, language, definition)
    template.is_tracking_opted_out = _boolean(body, "cta_url_link_tracking_opted_out")
    # https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/payments-in/orderstatustemplate
    template.sub_category = text(body.get("sub_category")) or None
    template.creative_features = _creative_features(body)
    template.library_name = text(body.get("library_template_name")) or None
    if template.library_name is not None:
        # What the library holds has been reviewed before.
        lifecycle.approve(world, template)
    else:
        lifecycle.submit(world, template)
    return {"id": template.id, "status": template.status, "category": template.category}


async def upsert(call: Call) -> Answer:
    """POST /{waba-id}/upsert_message_templates: an authentication template in many languages."""
    world, waba, body = call.world, call.waba(), call.parameters
    name, category = _name(call), checked_category(call.need("category"))
    if category != "AUTHENTICATION":
        raise not_one_of("category", ("AUTHENTICATION",), category)
    languages = call.listed("languages")
    if not languages:
        raise parameter("languages", "must have at least one element.")
    definitions: dict[str, Definition] = {}
    for language in languages:
        check_language(language)
        definitions[language] = checked_definition(world, body, category, language)
    present = {
        template.language: template
        for template in world.templates_of(waba)
        if template.name == name
    }
    for language in definitions:
        if language not in present:
            _check_room(world, waba, name, language)
    rows = [
        _put(world, waba, name, language, definition, present.get(language))
        for language, definition in definitions.items()
    ]
    return {"data": rows}


def checked_category(given: str) -> str:
    category = given.upper()
    if category not in CATEGORIES:
        raise not_one_of("category", CATEGORIES, given)
    return category


def checked_definition(
    world: World,
    body: Json,
    category: str,
    language: str,
    *,
    format_before: str = "POSITIONAL",
    samples: frozenset[str] = frozenset(),
) -> Definition:
    form = text(body.get("parameter_format")).upper() or format_before
    if form not in FORMATS:
        raise not_one_of("parameter_format", FORMATS, body.get("parameter_format"))
    given = body.get("components")
    if isinstance(given, str) and given.startswith("["):
        given = loads(given, "components")
    if category == "AUTHENTICATION":
        check_authentication(given)
        components = worded(given, language)
    else:
        check_components(Draft(world, category, is_named=form == "NAMED", samples=samples), given)
        components = _kept(given)
    return Definition(category, form, components, life_in(body, category))


def copy(world: World, waba: Waba, source: Template) -> Template:
    """The same template in another account, approved as the first one was."""
    _check_room(world, waba, source.name, source.language)
    definition = Definition(
        source.category, source.parameter_format, source.components, source.message_send_ttl_s
    )
    template = _add(world, waba, source.name, source.language, definition)
    lifecycle.approve(world, template)
    return template


def _judged(world: World, category: str) -> str:
    """Meta may put a template in another category than asked for; the answer tells which."""
    wanted = world.settings.template_review.category
    return category if wanted is None or category == "AUTHENTICATION" else wanted


def _put(
    world: World,
    waba: Waba,
    name: str,
    language: str,
    definition: Definition,
    present: Template | None,
) -> Json:
    template = present or _add(world, waba, name, language, definition)
    template.components, template.message_send_ttl_s = definition.components, definition.life_s
    # The wording is WhatsApp's own, so there is nothing to review.
    template.updated_at = world.clock.now()
    if present is not None:
        lifecycle.publish_components(world, template)
    elif world.settings.template_review.outcome == "APPROVED":
        lifecycle.approve(world, template)
    else:
        lifecycle.submit(world, template)
    return {"id": template.id, "status": template.status, "language": language}


def _add(world: World, waba: Waba, name: str, language: str, definition: Definition) -> Template:
    now = world.clock.now()
    template = Template(
        id=world.new_id(),
        waba_id=waba.id,
        name=name,
        language=language,
        category=definition.category,
        components=definition.components,
        created_at=now,
        parameter_format=definition.parameter_format,
        status="PENDING",
        message_send_ttl_s=definition.life_s,
        updated_at=now,
    )
    world.templates[template.id] = template
    waba.template_creations.append(now)
    return template


def _name(call: Call) -> str:
    name = call.need("name")
    if len(name) > MAX_NAME_CHARS:
        raise too_long("name", MAX_NAME_CHARS)
    if not NAME.fullmatch(name):
        raise refusal(
            BAD_NAME, "The message template name can only have lowercase letters and underscores."
        )
    return name


def _kept(components: object) -> list[Json]:
    """As they were sent, types in capitals, as Graph shows them."""
    kept: list[Json] = []
    for component in components if is_array(components) else []:
        if is_object(component):
            given = {name: value for name, value in component.items() if value is not None}
            kept.append({**given, "type": text(component.get("type")).upper()})
    return kept


def life_in(body: Json, category: str) -> int | None:
    """The time to live that a request asks for, in seconds."""
    given = body.get("message_send_ttl_seconds")
    if given is None:
        return None
    is_digits = isinstance(given, str) and given.removeprefix("-").isdecimal() and len(given) < 10
    life_s = int(given) if is_digits else given
    if not isinstance(life_s, int) or isinstance(life_s, bool):
        raise parameter("message_send_ttl_seconds", "must be an integer")
    allowed = LIFE_S[category]
    if life_s not in allowed and life_s != THIRTY_DAYS:
        raise parameter(
            "message_send_ttl_seconds",
            f"must be from {allowed.start} to {allowed.stop - 1} seconds for {category}, or -1.",
        )
    return life_s


def _boolean(body: Json, name: str) -> bool | None:
    value = body.get(name)
    if value is None:
        return None
    if str(value).lower() not in ("true", "false"):
        raise parameter(name, "must be a boolean.")
    return str(value).lower() == "true"


def _creative_features(body: Json) -> dict[str, str]:
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/marketing-messages/send-marketing-messages"""
    spec = body.get("degrees_of_freedom_spec")
    features = spec.get("creative_features_spec") if is_object(spec) else None
    if spec is not None and not is_object(features):
        raise parameter("degrees_of_freedom_spec['creative_features_spec']", "must be an object.")
    chosen: dict[str, str] = {}
    for name, feature in (features or {}).items():
        status = feature.get("enroll_status") if is_object(feature) else None
        if status not in ("OPT_IN", "OPT_OUT"):
            path = f"degrees_of_freedom_spec['creative_features_spec']['{name[:80]}']"
            raise not_one_of(f"{path}['enroll_status']", ("OPT_IN", "OPT_OUT"), status)
        chosen[name] = status
    return chosen


def _check_room(world: World, waba: Waba, name: str, language: str) -> None:
    now = world.clock.now()
    ours = world.templates_of(waba)
    if any((one.name, one.language) == (name, language) for one in ours):
        raise refusal(
            EXISTS_ALREADY,
            f"There is already {language} content for this template. You can create a new "
            "template and try again.",
        )
    if world.deleted_templates.get((waba.id, name, language), 0.0) > now:
        raise refusal(
            NAME_IS_BLOCKED,
            f"New {language} content can't be added while the existing {language} content is "
            "being deleted. Try again in 4 weeks or consider creating a new message template.",
        )
    if len(ours) >= MAX_TEMPLATES:
        raise refusal(LIMIT_REACHED, f"This account has its {MAX_TEMPLATES} message templates.")
    recent = [at for at in waba.template_creations if now - at < CREATION_WINDOW_S]
    waba.template_creations[:] = recent
    if len(recent) >= MAX_CREATIONS and world.settings.rates == "enforced":
        raise refused(80008, f"{MAX_CREATIONS} templates were created within one hour.")
