"""Message templates: listing with filters, creating, reviewing, deleting."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from ..graph.call import Answer, Call, success
from ..graph.errors import MetaError, template_refused
from ..graph.fields import Getter, pick
from ..graph.paging import page
from ..shapes import Json, is_array, objects, text
from ..world.entities import Template
from ..world.world import World
from .parameters import PLACEHOLDER

NODE_TYPE = "WhatsAppMessageTemplate"
DEFAULT_FIELDS = (
    "name",
    "parameter_format",
    "components",
    "language",
    "status",
    "category",
    "rejected_reason",
    "id",
)
SUMMARY = (
    "total_count",
    "message_template_count",
    "message_template_limit",
    "are_translations_complete",
)
FORMATS = ("POSITIONAL", "NAMED")
CATEGORIES = ("UTILITY", "MARKETING", "AUTHENTICATION")
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview
MAX_TEMPLATES = 250
MAX_NAME_CHARS = 512
NAME_BLOCKED_S = 30 * 24 * 3600.0
NAME = re.compile(r"[a-z0-9_]+")
LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2,4})?")
TEXT_LIMITS = {"BODY": 1024, "HEADER": 60, "FOOTER": 60}


async def list_of_waba(call: Call) -> Answer:
    world, wanted, waba = call.world, call.fields(), call.waba()
    everything = world.templates_of(waba)
    found = [template for template in everything if _matches(template, call.parameters)]
    answer = page(
        found,
        key=lambda template: template.id,
        show=lambda template: pick(getters(template), wanted, DEFAULT_FIELDS, NODE_TYPE),
        parameters=call.parameters,
        url=call.url,
    )
    summary = call.listed("summary")
    if summary:
        answer["summary"] = _summary(summary, len(found), len(everything))
    return answer


async def get(call: Call) -> Answer:
    return pick(getters(call.template()), call.fields(), DEFAULT_FIELDS, NODE_TYPE)


async def create(call: Call) -> Answer:
    world, waba, body = call.world, call.waba(), call.parameters
    name, language, category = call.need("name"), call.need("language"), call.need("category")
    components = _check_definition(body, name, language, category)
    _check_free(world, waba.id, name, language)
    life_s = body.get("message_send_ttl_seconds")
    if life_s is not None and (not isinstance(life_s, int) or isinstance(life_s, bool)):
        raise MetaError(100, "(#100) Param message_send_ttl_seconds must be an integer")
    form = text(body.get("parameter_format")).upper() or "POSITIONAL"
    if form not in FORMATS:
        raise MetaError(100, "(#100) Param parameter_format must be one of {POSITIONAL, NAMED}")
    template = Template(
        id=world.new_id(),
        waba_id=waba.id,
        name=name,
        language=language,
        category=category.upper(),
        components=components,
        created_at=world.clock.now(),
        parameter_format=form,
        status="PENDING",
        message_send_ttl_s=life_s,
    )
    world.templates[template.id] = template
    review = world.settings.template_review
    if review.outcome != "PENDING":
        world.clock.after(review.delay_s, partial(_decide, world, template, review.outcome))
    return {"id": template.id, "status": template.status, "category": template.category}


async def delete(call: Call) -> Answer:
    """By name (all languages), by name and hsm_id (one), or by hsm_ids alone."""
    world, waba = call.world, call.waba()
    ids = call.listed("hsm_ids") or call.listed("hsm_id")
    ours = world.templates_of(waba)
    if ids:
        chosen = [template for template in ours if template.id in ids]
    else:
        name = call.need("name")
        chosen = [template for template in ours if template.name == name]
    if not chosen:
        raise template_refused(
            2593002, "Message Template Not Found", "There is no such message template to delete."
        )
    for template in chosen:
        del world.templates[template.id]
        if template.status == "APPROVED":
            until = world.clock.now() + NAME_BLOCKED_S
            world.deleted_templates[waba.id, template.name, template.language] = until
    return success()


def getters(template: Template) -> Mapping[str, Getter]:
    plain: Json = {
        "id": template.id,
        "name": template.name,
        "language": template.language,
        "status": template.status,
        "category": template.category,
        "components": template.components,
        "parameter_format": template.parameter_format,
        "rejected_reason": template.rejected_reason,
        "quality_score": {"score": "UNKNOWN", "date": int(template.created_at)},
        "message_send_ttl_seconds": template.message_send_ttl_s,
        "degrees_of_freedom_spec": None,
        "sub_category": None,
        "previous_category": None,
        "correct_category": None,
        "cta_url_link_tracking_opted_out": None,
        "library_template_name": None,
    }
    return {name: partial(_value, value) for name, value in plain.items()}


def _value(value: object, _selected: object) -> object:
    return value


def _matches(template: Template, parameters: Json) -> bool:
    content = " ".join(
        text(part.get("text")) for part in template.components if text(part.get("text"))
    ).lower()
    contains = {
        "name": template.name,
        "content": content,
        "name_or_content": f"{template.name} {content}",
    }
    equal = {
        "category": template.category,
        "language": template.language,
        "status": template.status,
        "quality_score": "UNKNOWN",
        "source": "USER_CREATED",
    }
    for name, value in contains.items():
        if parameters.get(name) and str(parameters[name]).lower() not in value:
            return False
    for name, value in equal.items():
        if parameters.get(name) and str(parameters[name]).upper() != value.upper():
            return False
    return True


def _summary(names: list[str], found: int, total: int) -> Json:
    values: Json = {
        "total_count": found,
        "message_template_count": total,
        "message_template_limit": MAX_TEMPLATES,
        "are_translations_complete": False,
    }
    unknown = [name for name in names if name not in SUMMARY]
    if unknown:
        raise MetaError(100, f"(#100) Param summary has an unknown value: {unknown[0]}")
    return {name: values[name] for name in SUMMARY if name in names}


def _check_definition(body: Json, name: str, language: str, category: str) -> list[Json]:
    if not NAME.fullmatch(name) or len(name) > MAX_NAME_CHARS:
        raise MetaError(
            100, "(#100) Param name must be lower-case letters, digits and underscores only"
        )
    if not LANGUAGE.fullmatch(language):
        raise MetaError(100, f"(#100) Param language is not a supported locale: {language}")
    if category.upper() not in CATEGORIES:
        raise MetaError(100, f"(#100) Param category must be one of {{{', '.join(CATEGORIES)}}}")
    given = body.get("components")
    components = objects(given)
    if not is_array(given) or len(components) != len(given):
        raise MetaError(100, "(#100) Param components must be an array.")
    kinds = [text(component.get("type")).upper() for component in components]
    if "BODY" not in kinds:
        raise MetaError(100, "(#100) Param components must have a component of type BODY")
    for component, kind in zip(components, kinds, strict=True):
        _check_component(component, kind, is_authentication=category.upper() == "AUTHENTICATION")
    return components


def _check_component(component: Json, kind: str, *, is_authentication: bool) -> None:
    said = text(component.get("text"))
    limit = TEXT_LIMITS.get(kind)
    if limit is not None and len(said) > limit:
        raise template_refused(
            2388040,
            "Character limit exceeded",
            f"The {kind.lower()} of your template has more than {limit} characters.",
        )
    if kind != "BODY" or is_authentication:
        return
    if not said:
        raise template_refused(
            2388072, "Message body format is incorrect", "The body of your template has no text."
        )
    variables = list(PLACEHOLDER.finditer(said.strip()))
    if variables and (variables[0].start() == 0 or variables[-1].end() == len(said.strip())):
        raise template_refused(
            2388299,
            "Leading or trailing parameters not allowed",
            "A variable cannot stand at the very start or end of the body.",
        )


def _check_free(world: World, waba_id: str, name: str, language: str) -> None:
    same = [
        template
        for template in world.templates.values()
        if (template.waba_id, template.name, template.language) == (waba_id, name, language)
    ]
    if same:
        raise template_refused(
            2388024,
            "Content in this language already exists",
            "This template already has content in this language. Edit it, or use another name.",
        )
    if world.deleted_templates.get((waba_id, name, language), 0.0) > world.clock.now():
        raise template_refused(
            2388023,
            "Message template language is being deleted",
            "A template with this name and language was deleted in the last four weeks.",
        )


def _decide(world: World, template: Template, outcome: str) -> None:
    if world.templates.get(template.id) is not template:
        return
    template.status = outcome
    template.rejected_reason = "INVALID_FORMAT" if outcome == "REJECTED" else None
    world.publish_change(
        world.wabas[template.waba_id],
        "message_template_status_update",
        {
            "event": outcome,
            "message_template_id": int(template.id),
            "message_template_name": template.name,
            "message_template_language": template.language,
            "reason": template.rejected_reason or "NONE",
            "message_template_category": template.category,
        },
    )
