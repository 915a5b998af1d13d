"""Templates at Meta: creating one once, editing, deleting, and finding what is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from appmixer.engine.contract import ActionContext, ComponentContext, Json, RejectedError

from ..fields.senders import business_account, graph_of
from ..foreign_json.meta_fields import Id, MetaFields, Text
from ..foreign_json.shapes import as_objects, as_text
from ..templates.template import part_of
from .building import WITHOUT_TEXT
from .details import TemplateDetails
from .drafts import ChangedTemplate, content_of
from .faults import fault

EXISTS_ALREADY = 2388024
NOT_FOUND = 2593002
EDITABLE = ("APPROVED", "REJECTED", "PAUSED")


class CreatedTemplate(MetaFields):
    """A new template, which Meta reviews."""

    id: Id = Field(
        title="Template ID", description="Meta's id of it.", examples=["1689556908129832"]
    )
    name: str = Field(description="Its name.", examples=["order_confirmation"])
    language: str = Field(description="The code of its language.", examples=["en_US"])
    status: Text = Field(
        description="PENDING while it is reviewed, APPROVED or REJECTED.", examples=["PENDING"]
    )
    category: Text = Field(
        description="What Meta made of it: it may be another category than the one asked for.",
        examples=["UTILITY"],
    )
    category_changed: bool = Field(
        description="Whether Meta put it into another category, with another price.",
        examples=[False],
    )
    was_there_already: bool = Field(
        description="Whether a template with this name, language and content had been created "
        "before.",
        examples=[False],
    )


async def create(context: ActionContext, waba_id: str, body: Mapping[str, Json]) -> CreatedTemplate:
    """Create it, or find it where the same one has been created before."""
    name, language = as_text(body["name"]), as_text(body["language"])
    path, found = f"{waba_id}/message_templates", None
    try:
        answer = await graph_of(context).post(path, json=body, repeats=True)
    except RejectedError as refusal:
        if refusal.subcode != EXISTS_ALREADY:
            raise
        found = await find(context, waba_id, name, language)
        if found is None or not _has_same_text(found, body):
            raise _named(refusal, "name") from None
        answer = found
    category = as_text(answer.get("category"))
    return CreatedTemplate.from_meta(
        answer,
        name=name,
        language=language,
        category_changed=bool(category) and category != body["category"],
        was_there_already=found is not None,
    )


async def edit(context: ActionContext, draft: ChangedTemplate) -> TemplateDetails:
    """Change a template as far as Meta allows that in its state; return it as it is then."""
    if draft.business_account_id:
        business_account(context, draft.business_account_id)
    graph = graph_of(context)
    node = await graph.get(draft.template_id, TemplateDetails.asking())
    _check_state(node, draft)
    body: dict[str, Json] = await content_of(context, draft) if draft.has_content else {}
    if draft.message_ttl_seconds is not None:
        body["message_send_ttl_seconds"] = draft.message_ttl_seconds
    if draft.category != node.get("category"):
        body["category"] = draft.category
    if not body:
        raise fault("body", "Nothing is to be changed.", "Write what the template is to become.")
    await graph.post(draft.template_id, json=body)
    return TemplateDetails.from_meta(await graph.get(draft.template_id, TemplateDetails.asking()))


def _check_state(node: Mapping[str, Any], draft: ChangedTemplate) -> None:
    # https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management
    status, category = as_text(node.get("status")), as_text(node.get("category"))
    if status not in EDITABLE:
        said = status.lower().replace("_", " ")
        raise fault(
            "templateId",
            f"It is {said}, and only approved, rejected and paused templates can be edited.",
            "Wait for its review, or create a template of another name.",
        )
    if draft.category == category:
        return
    if status == "APPROVED":
        cause = f"An approved template keeps its category, which is {category}."
        raise fault("category", cause, f"Choose {category}, or create another template.")
    if not draft.has_content and "AUTHENTICATION" in (draft.category, category):
        cause = "Codes are sent with a text of WhatsApp's, all else with one of yours."
        raise fault("body", cause, "Write what the template is to become.")


async def delete(context: ActionContext, waba_id: str, name: str, template_id: str | None) -> bool:
    """Delete a template, in all its languages or one; return whether it was there."""
    one = {"hsm_id": template_id} if template_id else {}
    try:
        await graph_of(context).delete(f"{waba_id}/message_templates", {"name": name, **one})
    except RejectedError as refusal:
        if refusal.subcode != NOT_FOUND:
            raise
        return False
    return True


async def find(
    context: ComponentContext, waba_id: str, name: str, language: str
) -> dict[str, Any] | None:
    """Return a template of the WABA as Meta describes it."""
    asking = {"name": name, **TemplateDetails.asking()}
    async for node in graph_of(context).pages(f"{waba_id}/message_templates", asking):
        # Meta's filter also lets through names that only contain the one asked for.
        if (node.get("name"), node.get("language")) == (name, language):
            return node
    return None


def _has_same_text(found: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Say whether a template is the one that is to be created, as far as people read it.

    What Meta keeps of addresses and samples is not what it was given.
    """
    there, wanted = found.get("components"), body.get("components")
    if body["category"] == "AUTHENTICATION":
        return found.get("category") == "AUTHENTICATION"
    kinds = {as_text(each.get("type")).upper() for each in as_objects(wanted)}
    return kinds == {as_text(each.get("type")).upper() for each in as_objects(there)} and all(
        part_of(there, kind).get("text") == part_of(wanted, kind).get("text")
        and _labels(part_of(there, kind)) == _labels(part_of(wanted, kind))
        for kind in kinds
    )


def _labels(part: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the buttons as people read them; labels that are WhatsApp's own are left out."""
    buttons = as_objects(part.get("buttons"))
    kinds = [as_text(each.get("type")).upper() for each in buttons]
    return [
        (kind, "" if kind in WITHOUT_TEXT else as_text(each.get("text")))
        for kind, each in zip(kinds, buttons, strict=True)
    ]


def _named(error: RejectedError, field: str) -> RejectedError:
    return RejectedError(
        error.title, error.cause, error.cure, field, error.code, error.subcode, error.trace
    )
