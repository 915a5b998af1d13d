"""Reading templates: one of them with its fields, and the list of an account with its filters."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ...protocol.errors import MetaError
from ...protocol.fields import Getter, pick
from ...protocol.paging import page
from ...protocol.shapes import Json, objects, text
from ...world.entities import Template
from ..call import Answer, Call
from .creation import CATEGORIES, MAX_TEMPLATES
from .languages import check_language
from .refusals import not_one_of, parameter

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
# https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/message_templates/
STATUSES = (
    "APPROVED",
    "ARCHIVED",
    "DELETED",
    "DISABLED",
    "IN_APPEAL",
    "LIMIT_EXCEEDED",
    "PAUSED",
    "PENDING",
    "PENDING_DELETION",
    "REJECTED",
)
QUALITIES = ("GREEN", "YELLOW", "RED", "UNKNOWN")
SOURCES = ("AUTO_GENERATED", "USER_CREATED")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "category": CATEGORIES,
    "status": STATUSES,
    "quality_score": QUALITIES,
    "source": SOURCES,
}


async def list_of_waba(call: Call) -> Answer:
    """GET /{waba-id}/message_templates: of every status, unless filtered."""
    world, wanted, waba = call.world, call.fields(), call.waba()
    everything = world.templates_of(waba)
    chosen = _choices(call)
    since, until = _moment(call, "since"), _moment(call, "until")
    found = [
        template
        for template in everything
        if _matches(template, call.parameters, chosen)
        and (since is None or _changed_at(template) >= since)
        and (until is None or _changed_at(template) <= until)
    ]
    answer = page(
        found,
        key=lambda template: template.id,
        show=lambda template: pick(getters(template), wanted, DEFAULT_FIELDS, NODE_TYPE),
        parameters=call.parameters,
        url=call.url,
    )
    summary = call.listed("summary")
    if summary:
        answer["summary"] = _summary(summary, len(found), everything)
    return answer


async def get(call: Call) -> Answer:
    return pick(getters(call.template()), call.fields(), DEFAULT_FIELDS, NODE_TYPE)


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
        "quality_score": {
            "score": template.quality,
            "date": int(template.quality_at or template.created_at),
        },
        "message_send_ttl_seconds": template.message_send_ttl_s,
        "degrees_of_freedom_spec": _features(template),
        "sub_category": template.sub_category,
        "previous_category": template.previous_category,
        "correct_category": template.correct_category,
        "cta_url_link_tracking_opted_out": template.is_tracking_opted_out,
        "library_template_name": template.library_name,
        "last_updated_time": int(_changed_at(template)),
    }
    return {name: partial(_value, value) for name, value in plain.items()}


def _value(value: object, _selected: object) -> object:
    return value


def _changed_at(template: Template) -> float:
    return template.updated_at or template.created_at


def _features(template: Template) -> Json | None:
    if not template.creative_features:
        return None
    spec = [
        {"key": name, "value": {"enroll_status": status}}
        for name, status in template.creative_features.items()
    ]
    return {"creative_features_spec": spec}


def _choices(call: Call) -> dict[str, list[str]]:
    """The filters that take one or more of a set of values."""
    chosen: dict[str, list[str]] = {}
    for name, values in CHOICES.items():
        given = [value.upper() for value in call.listed(name)]
        unknown = next((value for value in given if value not in values), None)
        if unknown is not None:
            raise not_one_of(name, values, unknown)
        chosen[name] = given
    languages = call.listed("language")
    for language in languages:
        check_language(language)
    return {**chosen, "language": languages}


def _matches(template: Template, parameters: Json, chosen: Mapping[str, list[str]]) -> bool:
    content = _content(template.components)
    contains = {
        "name": template.name,
        "content": content,
        "name_or_content": f"{template.name} {content}",
    }
    for name, value in contains.items():
        if parameters.get(name) and str(parameters[name]).lower() not in value:
            return False
    equal = {
        "category": template.category,
        "language": template.language,
        "status": template.status,
        "quality_score": template.quality,
        "source": template.source,
    }
    return all(not chosen[name] or value in chosen[name] for name, value in equal.items())


def _content(components: list[Json]) -> str:
    said = [text(part.get("text")) for part in components]
    for part in components:
        said += [text(button.get("text")) for button in objects(part.get("buttons"))]
        said += [_content(objects(card.get("components"))) for card in objects(part.get("cards"))]
    return " ".join(filter(None, said)).lower()


def _moment(call: Call, name: str) -> float | None:
    given = call.parameters.get(name)
    if given is None or given == "":
        return None
    said = str(given)
    if not (said.isascii() and said.isdecimal() and len(said) < 13):
        raise parameter(name, "must be a UNIX timestamp.")
    return float(said)


def _summary(names: list[str], found: int, everything: list[Template]) -> Json:
    values: Json = {
        "total_count": found,
        "message_template_count": len(everything),
        "message_template_limit": MAX_TEMPLATES,
        "are_translations_complete": False,
    }
    unknown = [name for name in names if name not in SUMMARY]
    if unknown:
        raise MetaError(100, f"(#100) Param summary has an unknown value: {unknown[0]}")
    return {name: values[name] for name in SUMMARY if name in names}
