"""The template library: ready wording to browse, and to make templates of without a review."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from ...fixtures import FIXTURES
from ...protocol.errors import missing_permission
from ...protocol.paging import page
from ...protocol.shapes import Json, is_array, is_object, is_text, objects, text
from ...world.entities import MANAGEMENT
from ..call import Answer, Call, loads
from .buttons import check_buttons
from .languages import check_language
from .refusals import NOT_FOUND, check_keys, not_one_of, parameter, refusal

# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-library
FILTERS = ("topic", "usecase", "language")
BODY_INPUTS = (
    "add_contact_number",
    "add_learn_more_link",
    "add_security_recommendation",
    "add_track_package_link",
    "code_expiration_minutes",
)
SAMPLE_URL = "https://www.example.com"
SAMPLE_PHONE = "+16505551234"


@dataclass(frozen=True)
class LibraryItem:
    """One wording in one language."""

    id: str
    name: str
    language: str
    category: str
    topic: str
    usecase: str
    industry: tuple[str, ...]
    header: str
    body: str
    body_params: tuple[str, ...]
    body_param_types: tuple[str, ...]
    buttons: tuple[tuple[str, str], ...]
    """Kind and label of each."""


async def browse(call: Call) -> Answer:
    """GET /message_template_library"""
    if MANAGEMENT not in call.bearer().scopes:
        raise missing_permission(
            "You do not have the necessary permissions required to access the template library"
        )
    language = call.parameters.get("language")
    if language:
        check_language(str(language))
    found = [item for item in items() if _matches(item, call.parameters)]
    answer = page(
        found,
        key=lambda item: f"{item.id}:{item.language}",
        show=_shown,
        parameters=call.parameters,
        url=call.url,
    )
    # Meta's example of this list has no cursors; they come where a page follows.
    if not {"next", "previous"} & set(answer.get("paging", {})):
        answer.pop("paging", None)
    return answer


def from_library(call: Call, language: str, category: str) -> list[Json]:
    """The components of a new template that is made of a wording of the library."""
    name = call.need("library_template_name")
    item = next((one for one in items() if (one.name, one.language) == (name, language)), None)
    if item is None:
        raise refusal(NOT_FOUND, f"The library has no template {name[:80]} in {language}.")
    if category != item.category:
        raise not_one_of("category", (item.category,), category)
    _check_body_inputs(call)
    inputs = _listed(call, "library_template_button_inputs")
    body: Json = {"type": "BODY", "text": item.body}
    if item.body_params:
        body["example"] = {"body_text": [list(item.body_params)]}
    components: list[Json] = [{"type": "HEADER", "format": "TEXT", "text": item.header}, body]
    if item.buttons:
        buttons = {"type": "BUTTONS", "buttons": list(_filled(item, inputs))}
        check_buttons(buttons, "components")
        components.append(buttons)
    return components


@cache
def items() -> tuple[LibraryItem, ...]:
    rows: list[Json] = json.loads(FIXTURES.joinpath("template_library.json").read_text("utf-8"))
    return tuple(item for row in rows for item in _in_each_language(row))


def _in_each_language(row: Json) -> Iterator[LibraryItem]:
    for position, (language, said) in enumerate(row["languages"].items()):
        labels = [said[name] for name in ("button", "second_button") if name in said]
        yield LibraryItem(
            id=str(int(row["id"]) + 100 * position),
            name=row["name"],
            language=language,
            category=row["category"],
            topic=row["topic"],
            usecase=row["usecase"],
            industry=tuple(row["industry"]),
            header=said["header"],
            body=said["body"],
            body_params=tuple(said["body_params"]),
            body_param_types=tuple(row["body_param_types"]),
            buttons=tuple(zip(row["button_types"], labels, strict=True)),
        )


def _matches(item: LibraryItem, parameters: Json) -> bool:
    for name in FILTERS:
        wanted = parameters.get(name)
        if wanted and str(wanted).lower() != str(getattr(item, name)).lower():
            return False
    industry = parameters.get("industry")
    if industry and str(industry).upper() not in item.industry:
        return False
    searched = str(parameters.get("search") or "").lower()
    return searched in f"{item.name} {item.header} {item.body}".lower()


def _shown(item: LibraryItem) -> Json:
    return {
        "name": item.name,
        "language": item.language,
        "category": item.category,
        "topic": item.topic,
        "usecase": item.usecase,
        "industry": list(item.industry),
        "header": item.header,
        "body": item.body,
        "body_params": list(item.body_params),
        "body_param_types": list(item.body_param_types),
        "buttons": [_sample(kind, label) for kind, label in item.buttons],
        "id": item.id,
    }


def _sample(kind: str, label: str) -> Json:
    where = {"URL": {"url": SAMPLE_URL}, "PHONE_NUMBER": {"phone_number": SAMPLE_PHONE}}
    return {"type": kind, "text": label, **where[kind]}


def _check_body_inputs(call: Call) -> None:
    """Optional sentences of some wordings of Meta's; ours have none, so they change nothing."""
    given = call.parameters.get("library_template_body_inputs")
    if isinstance(given, str):
        given = loads(given, "library_template_body_inputs")
    if given is None:
        return
    if not is_object(given):
        raise parameter("library_template_body_inputs", "must be an object.")
    check_keys(given, BODY_INPUTS, "library_template_body_inputs")


def _listed(call: Call, name: str) -> list[Json]:
    given = call.parameters.get(name)
    if isinstance(given, str):
        given = loads(given, name)
    if given is None:
        return []
    if not is_array(given) or not all(is_object(item) for item in given):
        raise parameter(name, "must be an array.")
    return objects(given)


def _filled(item: LibraryItem, inputs: list[Json]) -> Iterator[Json]:
    """The library gives the labels; where a button leads is the business's own."""
    place = "library_template_button_inputs"
    if len(inputs) != len(item.buttons):
        raise parameter(place, f"must have {len(item.buttons)} elements for {item.name}.")
    for index, ((kind, label), given) in enumerate(zip(item.buttons, inputs, strict=True)):
        if text(given.get("type")).upper() != kind:
            raise not_one_of(f"{place}[{index}]['type']", (kind,), given.get("type"))
        if kind == "PHONE_NUMBER":
            yield {"type": kind, "text": label, "phone_number": given.get("phone_number")}
            continue
        url = given.get("url")
        if not is_object(url) or not is_text(url.get("base_url")):
            raise parameter(f"{place}[{index}]['url']", "must be an object with base_url.")
        button = {"type": kind, "text": label, "url": url["base_url"]}
        if url.get("url_suffix_example") is not None:
            button["example"] = [url["url_suffix_example"]]
        yield button
