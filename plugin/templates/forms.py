"""The form of a template as a host gets it: its fields, and what it is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from appmixer.engine.contract import ComponentContext, Form, Json, RejectedError

from ..fields.senders import business_account, shared_business_accounts, whatsapp
from ..foreign_json.shapes import as_text
from ..ledgers.templates import about_template
from .blank import Blank, blank_of, made_from
from .definitions import in_language, languages_in, read_templates
from .slots import PARAMETERS

# The sender decides on the business account as well; it is not asked, as flows often have an
# expression there, of which nobody could make a form.
DECIDING = ("businessAccountId", "templateName", "languageCode")


async def template_form(context: ComponentContext, input: Mapping[str, Json]) -> Form:
    """Return the form of the template that is chosen; raise RejectedError where there is none.

    Beside what decides, `input` may have fields that fill the template in without a form: it is
    only what the step is made from then.
    """
    name, language = as_text(input.get("templateName")), as_text(input.get("languageCode"))
    if not name or not language:
        return Form()
    waba_id, node = await _chosen(context, as_text(input.get("businessAccountId")), name, language)
    about = about_template(waba_id, name, language)
    if any(value for field, value in input.items() if field not in DECIDING):
        return Form(made_from=made_from(node), about=about)
    blank = blank_of(node)
    needed = any(slot.is_required for slot in blank.slots)
    return Form(
        {PARAMETERS: form_field(blank)},
        [PARAMETERS] if needed else [],
        made_from=made_from(node),
        about=about,
    )


def form_field(blank: Blank) -> dict[str, Json]:
    """Return the field in which a template is filled in."""
    schema: Mapping[str, Any] = blank.schema
    told = {
        "title": "Parameters",
        "description": "What the template is filled in with."
        if schema["properties"]
        else "This template has nothing to fill in.",
        "examples": [blank.example],
    }
    return {**schema, **told}


async def _chosen(
    context: ComponentContext, override: str, name: str, language: str
) -> tuple[str, Mapping[str, Any]]:
    """Return the template and its WABA: the one that is named, or the one of all that has it."""
    if override or not shared_business_accounts(context):
        waba_ids: Sequence[str] = [business_account(context, override)]
    else:
        waba_ids = shared_business_accounts(context)
    found: dict[str, Mapping[str, Any]] = {}
    languages: set[str] = set()
    for waba_id in waba_ids:
        nodes = await read_templates(context, waba_id, name)
        languages |= {*languages_in(nodes)}
        if (node := in_language(nodes, language)) is not None:
            await whatsapp(context).templates.keep(waba_id, name, language, node)
            found[waba_id] = node
    if not found:
        raise no_such_template(name, language, sorted(languages))
    if len({str(made_from(node)) for node in found.values()}) > 1:
        raise RejectedError(
            f"Several business accounts have a template {name} ({language})",
            f"It is another one in each of {', '.join(found)}.",
            "Fill in the business account of the sender.",
            "businessAccountId",
        )
    return next(iter(found.items()))


def no_such_template(name: str, language: str, languages: Sequence[str]) -> RejectedError:
    """Return what to say of a template that is not there, with the languages that it does have."""
    if languages:
        return RejectedError(
            f"The template {name} is not there in {language}",
            f"It is there in {', '.join(languages)}.",
            "Choose one of its languages.",
            "languageCode",
            132001,
        )
    return RejectedError(
        f"There is no template {name}",
        "The business account has none of this name.",
        "Choose a template from the list, or write it and have it approved.",
        "templateName",
        132001,
    )
