"""The choices of the fields that many inputs have: business accounts and sender numbers."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from appmixer.engine.contract import (
    ComponentContext,
    JsonObject,
    NothingToChooseError,
    Option,
    RejectedError,
)

from ..foreign_json.meta_fields import MetaFields, Word
from ..foreign_json.shapes import as_text
from ..graph.ids import graph_id
from ..setup.facts import HEALTHY, QUALITY
from ..setup.numbers import (
    ConnectionStatus,
    DisplayNumber,
    IsRegistered,
    NumberId,
    QualityRating,
    VerifiedName,
)
from .senders import business_account, graph_of, shared_business_accounts


class _Account(MetaFields):
    name: Word


class _Number(MetaFields):
    id: NumberId
    display_phone_number: DisplayNumber
    verified_name: VerifiedName
    is_registered: IsRegistered
    status: ConnectionStatus
    quality_rating: QualityRating


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
            node = await graph.get(graph_id(waba_id), _Account.asking())
        except RejectedError as error:
            # One that was taken back from the app does not hide the others.
            yield Option(waba_id, waba_id, error.title, badge="not readable", state="fault")
        else:
            yield Option(waba_id, _Account.from_meta(node).name or waba_id)


async def sender_numbers(context: ComponentContext, input: JsonObject) -> AsyncGenerator[Option]:
    """Yield the numbers of the WABA that is filled in, or else of the default one."""
    waba_id = chosen_business_account(context, input)
    has_some = False
    async for node in graph_of(context).pages(f"{waba_id}/phone_numbers", _Number.asking()):
        has_some = True
        yield _option(_Number.from_meta(node))
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


def _option(number: _Number) -> Option:
    label = " ".join(filter(None, [number.display_phone_number, number.verified_name]))
    label, status, quality = label or number.id, number.status or "", number.quality_rating or ""
    if status and status not in HEALTHY:
        return Option(number.id, label, badge=status.replace("_", " ").lower(), state="fault")
    if not number.is_registered:
        hint = "It cannot send before it is registered for the Cloud API."
        return Option(number.id, label, hint, badge="not registered", state="advice")
    if QUALITY.get(quality, "fine") != "fine":
        return Option(number.id, label, badge=f"quality {quality.lower()}", state="advice")
    return Option(number.id, label)
