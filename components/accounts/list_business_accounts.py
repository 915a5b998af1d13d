"""List Business Accounts: the WABAs that the connected account shares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from appmixer.engine.contract import Action, ActionContext, Fields, JsonObject, RejectedError

from ...plugin.fields.senders import graph_of, shared_business_accounts
from ...plugin.foreign_json.shapes import word
from ...plugin.graph.account import AccountGraph
from ...plugin.graph.ids import graph_id

WABA_FIELDS = (
    "id,name,currency,country,timezone_id,account_review_status,business_verification_status,"
    "ownership_type,message_template_namespace"
)


class BusinessAccount(Fields):
    """A WhatsApp Business Account, as Meta tells it."""

    id: str = Field(title="WABA ID", description="The account's id.", examples=["102290129340398"])
    is_default: bool = Field(
        description="Whether components use it when none is named.", examples=[True]
    )
    name: str | None = Field(default=None, description="Its name.", examples=["Lucky Shrub"])
    currency: str | None = Field(default=None, description="What it pays in.", examples=["USD"])
    country: str | None = Field(default=None, description="Its country's code.", examples=["US"])
    timezone_id: str | None = Field(
        default=None,
        title="Time Zone ID",
        description="Meta's number of its time zone.",
        examples=["1"],
    )
    review_status: str | None = Field(
        default=None, description="Meta's review of the account.", examples=["APPROVED"]
    )
    business_verification_status: str | None = Field(
        default=None, description="Whether its business is verified.", examples=["verified"]
    )
    ownership_type: str | None = Field(
        default=None, description="Whose it is, seen from the app.", examples=["CLIENT_OWNED"]
    )
    template_namespace: str | None = Field(
        default=None,
        description="The namespace of its templates.",
        examples=["ba30dd89_2ebd_41e4_b805_f2c05ae04cc9"],
    )
    problem: str | None = Field(
        default=None,
        description="Why it could not be read, if it could not.",
        examples=["Meta knows no such object, or the account may not see it."],
    )


ACCOUNT_SAMPLE: JsonObject = {
    "id": "102290129340398",
    "isDefault": True,
    "name": "Lucky Shrub",
    "currency": "USD",
    "country": "US",
    "timezoneId": "1",
    "reviewStatus": "APPROVED",
    "businessVerificationStatus": "verified",
    "ownershipType": "CLIENT_OWNED",
    "templateNamespace": "ba30dd89_2ebd_41e4_b805_f2c05ae04cc9",
    "problem": None,
}


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
        count: int = Field(description="How many there are.", examples=[1])

    samples: ClassVar[Mapping[str, JsonObject]] = {
        "one account": {"businessAccounts": [ACCOUNT_SAMPLE], "count": 1}
    }

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
        node = await graph.get(graph_id(waba_id), {"fields": WABA_FIELDS})
    except RejectedError as error:
        return BusinessAccount(id=waba_id, is_default=is_default, problem=str(error))
    return BusinessAccount(
        id=waba_id,
        is_default=is_default,
        name=word(node, "name"),
        currency=word(node, "currency"),
        country=word(node, "country"),
        timezone_id=word(node, "timezone_id"),
        review_status=word(node, "account_review_status"),
        business_verification_status=word(node, "business_verification_status"),
        ownership_type=word(node, "ownership_type"),
        template_namespace=word(node, "message_template_namespace"),
    )
