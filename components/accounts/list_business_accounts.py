"""List Business Accounts: the WABAs that the connected account shares."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from appmixer.engine.contract import (
    Action,
    ActionContext,
    Fields,
    RejectedError,
    sample_of,
)

from ...plugin.fields.definitions import Count
from ...plugin.fields.senders import graph_of, shared_business_accounts
from ...plugin.foreign_json.meta_fields import At, Id, MetaFields, Word
from ...plugin.graph.account import AccountGraph
from ...plugin.graph.ids import graph_id


class BusinessAccount(MetaFields):
    """A WhatsApp Business Account, as Meta tells it."""

    id: Id = Field(title="WABA ID", description="The account's id.", examples=["102290129340398"])
    is_default: bool = Field(
        description="Whether components use it when none is named.", examples=[True]
    )
    name: Word = Field(default=None, description="Its name.", examples=["Lucky Shrub"])
    currency: Word = Field(default=None, description="What it pays in.", examples=["USD"])
    country: Word = Field(default=None, description="Its country's code.", examples=["US"])
    timezone_id: Word = Field(
        default=None,
        title="Time Zone ID",
        description="Meta's number of its time zone.",
        examples=["1"],
    )
    review_status: Annotated[Word, At("account_review_status")] = Field(
        default=None, description="Meta's review of the account.", examples=["APPROVED"]
    )
    business_verification_status: Word = Field(
        default=None, description="Whether its business is verified.", examples=["verified"]
    )
    ownership_type: Word = Field(
        default=None, description="Whose it is, seen from the app.", examples=["CLIENT_OWNED"]
    )
    template_namespace: Annotated[Word, At("message_template_namespace")] = Field(
        default=None,
        description="The namespace of its templates.",
        examples=["ba30dd89_2ebd_41e4_b805_f2c05ae04cc9"],
    )
    problem: str | None = Field(
        default=None,
        description="Why it could not be read, if it could not.",
        examples=["Meta knows no such object, or the account may not see it."],
    )


ACCOUNT_SAMPLE = sample_of(BusinessAccount, problem=None)


class ListBusinessAccounts(Action):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/whatsapp-business-accounts"""

    label = "List Business Accounts"
    description = "Lists the WhatsApp Business Accounts that the connected account shares."
    group = "Accounts"
    keywords = ("WABA", "Find Business Accounts")
    scopes = ("whatsapp_business_management",)
    effect = "read"
    port = "accounts"

    class Output(Fields):
        business_accounts: list[BusinessAccount] = Field(
            description="The shared accounts, the default one first.", examples=[[ACCOUNT_SAMPLE]]
        )
        count: Count

    async def receive(self, context: ActionContext, input: object) -> Output:
        graph, default = graph_of(context), context.account.profile.get("businessAccountId")
        accounts = [
            await _read(graph, waba_id, is_default=waba_id == default)
            for waba_id in shared_business_accounts(context)
        ]
        return self.Output(business_accounts=accounts, count=len(accounts))


async def _read(graph: AccountGraph, waba_id: str, *, is_default: bool) -> BusinessAccount:
    # One account that was taken back from the app does not hide the others.
    try:
        node = await graph.get(graph_id(waba_id), BusinessAccount.asking())
    except RejectedError as error:
        return BusinessAccount(id=waba_id, is_default=is_default, problem=str(error))
    return BusinessAccount.from_meta(node, id=waba_id, is_default=is_default)
