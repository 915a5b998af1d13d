"""The choices of templates and their languages: what can be sent, then what cannot and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from typing import Annotated

from appmixer.engine.contract import (
    ComponentContext,
    JsonObject,
    NothingToChooseError,
    Option,
)

from ..fields.choices import chosen_business_account
from ..fields.senders import graph_of, prove_sender
from ..foreign_json.meta_fields import At, MetaFields, Text
from ..foreign_json.shapes import as_text

APPROVED = "APPROVED"
# https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-quality
POOR = ("YELLOW", "RED")


class _Node(MetaFields):
    """A template in one language."""

    name: Text
    language: Text
    status: Text
    category: Text
    quality: Annotated[Text, At("quality_score.score")]


async def templates(context: ComponentContext, input: JsonObject) -> AsyncGenerator[Option]:
    """Yield the names of the templates of the sender's WABA, or of that which is filled in."""
    by_name: dict[str, list[_Node]] = {}
    for node in await _nodes(context, input):
        by_name.setdefault(node.name, []).append(node)
    for option in _offered(by_name, "This account has no approved template"):
        yield option


async def languages(context: ComponentContext, input: JsonObject) -> AsyncGenerator[Option]:
    """Yield the codes of the languages that the chosen template is in."""
    name = as_text(input.get("templateName"))
    if not name:
        raise NothingToChooseError(
            "Choose the template first", "Each has languages of its own.", field="templateName"
        )
    by_code: dict[str, list[_Node]] = {}
    # Meta's filter also lets through names that only contain the one asked for.
    for node in await _nodes(context, input, name=name):
        if node.name == name:
            by_code.setdefault(node.language, []).append(node)
    for option in _offered(by_code, f"The template {name} is approved in no language"):
        yield option


async def _nodes(context: ComponentContext, input: JsonObject, **filters: str) -> list[_Node]:
    number, override = as_text(input.get("phoneNumberId")), as_text(input.get("businessAccountId"))
    if number:
        waba_id = (await prove_sender(context, number, override or None)).waba_id
    else:
        waba_id = chosen_business_account(context, input)
    asking = {**_Node.asking(), **filters}
    pages = graph_of(context).pages(f"{waba_id}/message_templates", asking)
    return [_Node.from_meta(node) async for node in pages]


def _offered(found: Mapping[str, Sequence[_Node]], otherwise: str) -> Iterator[Option]:
    """Yield what is approved, then the rest; raise NothingToChooseError when nothing is."""
    options = [_option(value, found[value]) for value in sorted(found)]
    if all(each.is_disabled for each in options):
        counts = Counter(each.badge for each in options)
        cause = ", ".join(f"{count} {badge}" for badge, count in sorted(counts.items()))
        raise NothingToChooseError(
            otherwise,
            f"It has others: {cause}." if cause else "It has none at all.",
            "Write one in WhatsApp Manager, or wait until Meta has approved it.",
        )
    yield from sorted(options, key=lambda each: each.is_disabled)


def _option(value: str, nodes: Sequence[_Node]) -> Option:
    approved = [node for node in nodes if node.status == APPROVED]
    told = ", ".join(sorted({node.language for node in approved or nodes} - {value}))
    hint = " · ".join(filter(None, [nodes[0].category.lower(), told]))
    if not approved:
        status = nodes[0].status.replace("_", " ").lower()
        return Option(value, value, hint, is_disabled=True, badge=status, state="fault")
    poor = [score.lower() for score in POOR if score in {node.quality for node in approved}]
    if poor:
        return Option(value, value, hint, badge=f"quality {poor[-1]}", state="advice")
    return Option(value, value, hint)
