"""Sender numbers and business accounts, as every component names and offers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from appmixer.engine.contract import (
    Action,
    ComponentContext,
    Fields,
    Json,
    Option,
    RejectedError,
    ThrottledError,
)

from .graph import AccountGraph, graph_id
from .whatsapp import WhatsApp

# Meta's ids are decimal and longer than 2^53 in places, so they stay text.
ID_PATTERN = "^[0-9]{1,32}$"
# A number that moves to another WABA gets another id, so the owner of an id does not change.
OWNER_KEPT_S = 24 * 3600.0
OPTIONAL_ID_PATTERN = "^([0-9]{1,32})?$"

PhoneNumberId = Annotated[
    str,
    Field(
        title="Sender Phone Number",
        description="The id of the number you send from. Pick it, or type or map its id.",
        pattern=ID_PATTERN,
        examples=["106540352242922"],
        json_schema_extra={
            "x-hint": "an id of digits",
            "x-widget": "select",
            "x-source": {"dependsOn": ["businessAccountId"]},
        },
    ),
]
BusinessAccountId = Annotated[
    str | None,
    Field(
        title="WhatsApp Business Account ID",
        description="Leave it empty to use the one found when the account was connected.",
        pattern=OPTIONAL_ID_PATTERN,
        examples=["102290129340398"],
        json_schema_extra={
            "x-hint": "an id of digits",
            "x-widget": "select",
            "x-source": True,
            "x-group": "Options",
        },
    ),
]


class NumberInput(Fields):
    """What every component about one sender number needs."""

    business_account_id: BusinessAccountId = None
    phone_number_id: PhoneNumberId


class NumberAction(Action):
    """Base of the components about one sender number, which choose it from the same list."""

    async def options(
        self, context: ComponentContext, field: str, input: Mapping[str, Json]
    ) -> Sequence[Option]:
        return await sender_options(context, field, input)


def whatsapp(context: ComponentContext) -> WhatsApp:
    """Return the connector's own plugin."""
    plugin = context.plugin
    if not isinstance(plugin, WhatsApp):
        raise TypeError(f"the host gave {type(plugin).__name__} as the plugin of appmixer:whatsapp")
    return plugin


def graph_of(context: ComponentContext) -> AccountGraph:
    """Return the Graph API as the component's account may use it."""
    return whatsapp(context).graph_for(context.account)


def business_account(context: ComponentContext, override: str | None) -> str:
    """Return the WABA to work with: the override, or else the account's default."""
    chosen = override or context.account.profile.get("businessAccountId")
    if not isinstance(chosen, str) or not chosen:
        raise RejectedError(
            "No WhatsApp Business Account is known",
            "The connected account has no default one, and none was named.",
            "Fill in its id, or connect the account again and select it there.",
            "businessAccountId",
        )
    return graph_id(chosen, field="businessAccountId")


def shared_business_accounts(context: ComponentContext) -> list[str]:
    """Return the ids of the WABAs that the connected account shares, the default one first."""
    profile = context.account.profile
    listed = profile.get("wabaIds")
    ids = [profile.get("businessAccountId")]
    if isinstance(listed, Sequence) and not isinstance(listed, str):
        ids.extend(listed)
    return list(dict.fromkeys(each for each in ids if isinstance(each, str) and each))


async def business_account_of(
    context: ComponentContext, phone_number_id: str, override: str | None
) -> str | None:
    """Return the WABA that the number belongs to, or None when that cannot be found out."""
    key = f"waba-of:{context.account.id}:{phone_number_id}"
    known = (await context.store.get([key])).get(key)
    if isinstance(known, str):
        return known
    candidates = [override] if override else shared_business_accounts(context)
    for waba_id in candidates:
        if phone_number_id in await _number_ids(context, waba_id):
            await context.store.put({key: waba_id}, expires_in_s=OWNER_KEPT_S)
            return waba_id
    return None


async def _number_ids(context: ComponentContext, waba_id: str) -> set[str]:
    numbers = graph_of(context).pages(f"{graph_id(waba_id)}/phone_numbers", {"fields": "id"})
    try:
        return {str(number.get("id")) async for number in numbers}
    except (RejectedError, ThrottledError) as error:
        context.log.info("numbers.unreadable", waba_id=waba_id, code=error.code)
        return set()


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
    is_registered = number.get("platform_type") == "CLOUD_API"
    hint = "" if is_registered else "not registered for the Cloud API"
    return Option(str(number["id"]), label or str(number["id"]), hint)


async def _business_account_options(context: ComponentContext) -> list[Option]:
    graph, options = graph_of(context), list[Option]()
    for waba_id in shared_business_accounts(context):
        account = await graph.get(graph_id(waba_id), {"fields": "id,name"})
        options.append(Option(waba_id, str(account.get("name") or waba_id)))
    return options
