"""The choices of templates that are there, in whatever state: by name, or one language each."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from appmixer.engine.contract import ComponentContext, JsonObject, NothingToChooseError, Option

from ..fields.choices import chosen_business_account
from ..fields.senders import graph_of
from ..foreign_json.meta_fields import Id, MetaFields, Text
from ..foreign_json.shapes import as_text


class _Node(MetaFields):
    id: Id
    name: Text
    language: Text
    status: Text
    category: Text


async def template_names(context: ComponentContext, input: JsonObject) -> AsyncGenerator[Option]:
    """Yield the names of the WABA's templates, each with the languages that it is in."""
    languages: dict[str, list[str]] = {}
    async for node in _nodes(context, input):
        languages.setdefault(node.name, []).append(node.language)
    for name in sorted(languages):
        yield Option(name, name, ", ".join(sorted(languages[name])))


async def template_ids(context: ComponentContext, input: JsonObject) -> AsyncGenerator[Option]:
    """Yield the WABA's templates, of the name that is filled in or of any."""
    name = as_text(input.get("name"))
    async for node in _nodes(context, input):
        if name in ("", node.name):
            is_fine = node.status == "APPROVED"
            badge = "" if is_fine else node.status.replace("_", " ").lower()
            label, hint = f"{node.name} ({node.language})", node.category.lower()
            yield Option(node.id, label, hint, badge=badge, state="fine" if is_fine else "advice")


async def _nodes(context: ComponentContext, input: JsonObject) -> AsyncGenerator[_Node]:
    waba_id = chosen_business_account(context, input)
    has_some = False
    pages = graph_of(context).pages(f"{waba_id}/message_templates", _Node.asking())
    async for node in pages:
        has_some = True
        yield _Node.from_meta(node)
    if not has_some:
        raise NothingToChooseError(
            "This account has no template", cure="Create one first, or choose another account."
        )
