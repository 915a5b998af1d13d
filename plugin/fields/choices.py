"""The choices of the fields that many inputs have: business accounts and sender numbers."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from appmixer.engine.contract import (
    ComponentContext,
    JsonObject,
    NothingToChooseError,
    Option,
    RejectedError,
)

from ..foreign_json.shapes import as_text
from ..graph.ids import graph_id
from ..setup.facts import HEALTHY, QUALITY
from ..setup.numbers import REGISTERED_PLATFORM
from .senders import business_account, graph_of, shared_business_accounts

NUMBER_FIELDS = "id,display_phone_number,verified_name,platform_type,status,quality_rating"


async def business_accounts(context: ComponentContext, input: JsonObject) -> AsyncGenerator[Option]:
    """Yield the WABAs that the account shares, the default one first."""
    graph, shared = graph_of(context), shared_business_accounts(context)
    if not shared:
        raise NothingToChooseError(
            "This account shares no WhatsApp Business Account",
            "None was selected in Meta's dialog, or all were taken back.",
            "Connect the account again and select one.",
            "account",
        )
    for waba_id in shared:
        try:
            node = await graph.get(graph_id(waba_id), {"fields": "id,name"})
        except RejectedError as error:
            # One that was taken back from the app does not hide the others.
            yield Option(waba_id, waba_id, error.title, badge="not readable", state="fault")
        else:
            yield Option(waba_id, as_text(node.get("name")) or waba_id)


async def sender_numbers(context: ComponentContext, input: JsonObject) -> AsyncGenerator[Option]:
    """Yield the numbers of the WABA that is filled in, or else of the default one."""
    waba_id = chosen_business_account(context, input)
    has_some = False
    async for node in graph_of(context).pages(
        f"{waba_id}/phone_numbers", {"fields": NUMBER_FIELDS}
    ):
        has_some = True
        yield _number(node)
    if not has_some:
        raise NothingToChooseError(
            f"WhatsApp Business Account {waba_id} has no phone number",
            cure="Add one in WhatsApp Manager, or choose another business account.",
            field="businessAccountId",
        )


def chosen_business_account(context: ComponentContext, input: JsonObject) -> str:
    """Return the WABA whose things are to be chosen from; say that one has to be chosen first."""
    named = as_text(input.get("businessAccountId"))
    if not named and not as_text(context.account.profile.get("businessAccountId")):
        raise NothingToChooseError(
            "Choose the WhatsApp Business Account first",
            f"The account {context.account.name!r} has no default one.",
            "Fill in the field, or set the account's default.",
            "businessAccountId",
        )
    return business_account(context, named or None)


def _number(node: Mapping[str, Any]) -> Option:
    number_id = as_text(node.get("id"))
    shown = (as_text(node.get("display_phone_number")), as_text(node.get("verified_name")))
    label = " ".join(filter(None, shown)) or number_id
    status, quality = as_text(node.get("status")), as_text(node.get("quality_rating"))
    if status and status not in HEALTHY:
        return Option(number_id, label, badge=status.replace("_", " ").lower(), state="fault")
    if node.get("platform_type") != REGISTERED_PLATFORM:
        hint = "It cannot send before it is registered for the Cloud API."
        return Option(number_id, label, hint, badge="not registered", state="advice")
    if QUALITY.get(quality, "fine") != "fine":
        return Option(number_id, label, badge=f"quality {quality.lower()}", state="advice")
    return Option(number_id, label)
