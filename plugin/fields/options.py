"""The entries of the dropdowns that many components share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from appmixer.engine.contract import Action, ComponentContext, Json, Option, RejectedError

from ..graph.ids import graph_id
from ..setup.numbers import REGISTERED_PLATFORM
from .senders import business_account, graph_of, shared_business_accounts


class NumberAction(Action):
    """Base of the components about one sender number, which choose it from the same list."""

    group = "Phone Numbers"
    scopes = ("whatsapp_business_management",)

    async def options(
        self, context: ComponentContext, field: str, input: Mapping[str, Json]
    ) -> Sequence[Option]:
        return await sender_options(context, field, input)


async def sender_options(
    context: ComponentContext, field: str, input: Mapping[str, Json]
) -> Sequence[Option]:
    """Return the entries of the two dropdowns that components share."""
    if field == "businessAccountId":
        return await _business_account_options(context)
    if field == "phoneNumberId":
        override = input.get("businessAccountId")
        return await _phone_number_options(context, override if isinstance(override, str) else None)
    raise RejectedError("No such dropdown", f"The field {field} has no entries.", field=field)


async def _phone_number_options(context: ComponentContext, override: str | None) -> list[Option]:
    waba_id = business_account(context, override)
    fields = {"fields": "id,display_phone_number,verified_name,platform_type"}
    numbers = graph_of(context).pages(f"{waba_id}/phone_numbers", fields)
    return [_phone_number_option(number) async for number in numbers]


def _phone_number_option(number: Mapping[str, Any]) -> Option:
    label = f"{number.get('display_phone_number', '')} {number.get('verified_name', '')}".strip()
    is_registered = number.get("platform_type") == REGISTERED_PLATFORM
    hint = "" if is_registered else "not registered for the Cloud API"
    return Option(str(number["id"]), label or str(number["id"]), hint)


async def _business_account_options(context: ComponentContext) -> list[Option]:
    graph, options = graph_of(context), list[Option]()
    for waba_id in shared_business_accounts(context):
        account = await graph.get(graph_id(waba_id), {"fields": "id,name"})
        options.append(Option(waba_id, str(account.get("name") or waba_id)))
    return options
