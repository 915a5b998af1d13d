"""The sender and the business account that a component works with: proven, or refused."""

from __future__ import annotations

import re
from collections.abc import Sequence

from appmixer.engine.contract import (
    ComponentContext,
    RejectedError,
)

from ..graph.account import AccountGraph
from ..graph.ids import graph_id
from ..ledgers.proven_numbers import SenderNumber
from ..setup.ownership import CURE as CHOOSE_A_SHARED_ONE
from ..whatsapp import WhatsApp


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
    """Return the WABA to work with, one of the account's: the override, or else its default."""
    chosen = override or context.account.profile.get("businessAccountId")
    if not isinstance(chosen, str) or not chosen:
        raise RejectedError(
            "No WhatsApp Business Account is known",
            "The connected account has no default one, and none was named.",
            "Fill in its id, or connect the account again and select it there.",
            "businessAccountId",
        )
    waba_id = graph_id(chosen, field="businessAccountId")
    if waba_id not in shared_business_accounts(context):
        raise RejectedError(
            f"There is no WhatsApp Business Account {waba_id}",
            f"The account {context.account.name!r} has none of this id.",
            CHOOSE_A_SHARED_ONE,
            "businessAccountId",
        )
    return waba_id


def shared_business_accounts(context: ComponentContext) -> list[str]:
    """Return the ids of the WABAs that the connected account shares, the default one first."""
    profile = context.account.profile
    listed = profile.get("wabaIds")
    ids = [profile.get("businessAccountId")]
    if isinstance(listed, Sequence) and not isinstance(listed, str):
        ids.extend(listed)
    return list(dict.fromkeys(each for each in ids if isinstance(each, str) and each))


async def prove_sender(
    context: ComponentContext, phone_number_id: str, override: str | None
) -> SenderNumber:
    """Return the number once one of the account's WABAs, or the named one, is known to list it.

    Everything that is kept or counted for a number goes by what this returns. Raises RejectedError
    for a number that the account does not have, whoever has it.
    """
    narrowed = business_account(context, override) if override else None
    written = phone_number_id.strip()
    waba_ids = shared_business_accounts(context)
    numbers, graph = whatsapp(context).numbers, graph_of(context)
    found = await numbers.find(written, context.account, waba_ids, graph)
    if found is None:
        raise _no_such_sender(context, written, numbers.last_listed(context.account, waba_ids))
    if narrowed not in (None, found.waba_id):
        raise RejectedError(
            f"Number {found.id} is not in WhatsApp Business Account {narrowed}",
            f"It belongs to WhatsApp Business Account {found.waba_id}.",
            "Choose a sender of the business account that is named, or leave that field empty.",
            "phoneNumberId",
        )
    return found


async def account_numbers(
    context: ComponentContext, phone_number_id: str
) -> Sequence[SenderNumber]:
    """Return the account's numbers, once this one is proven to be among them."""
    await prove_sender(context, phone_number_id, None)
    waba_ids = shared_business_accounts(context)
    return whatsapp(context).numbers.last_listed(context.account, waba_ids)


def _no_such_sender(
    context: ComponentContext, written: str, numbers: Sequence[SenderNumber]
) -> RejectedError:
    digits = _digits(written)
    meant = next((each for each in numbers if digits and _digits(each.display) == digits), None)
    if meant is not None:
        return RejectedError(
            "This is the phone number of a sender, not its id",
            f"Meta knows {meant.display} by the id {meant.id}.",
            f"Fill in {meant.id}, or choose the number from the list.",
            "phoneNumberId",
        )
    graph_id(written, field="phoneNumberId")
    return RejectedError(
        f"There is no sender number {written}",
        f"The account {context.account.name!r} has none of this id.",
        "Choose a sender phone number from the list, or the account that owns it.",
        "phoneNumberId",
    )


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)
