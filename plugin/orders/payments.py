"""The ways in which an order can be paid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, model_validator

from appmixer.engine.contract import Fields, Json, JsonObject, RejectedError

from .money import Currency

# https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/payments-in/pg
# https://developers.facebook.com/documentation/business-messaging/whatsapp/payments/payments-br/orders
Kind = Literal["gateway", "link", "pix", "boleto", "card"]
KINDS: Mapping[Currency, tuple[Kind, ...]] = {
    "INR": ("gateway", "link"),
    "BRL": ("pix", "link", "boleto", "card"),
}
# What each takes: Meta's name of it, and the fields here with Meta's names for them.
SETTINGS: Mapping[Kind, tuple[str, Mapping[str, str]]] = {
    "gateway": (
        "payment_gateway",
        {"gateway": "type", "configuration_name": "configuration_name"},
    ),
    "link": ("payment_link", {"link": "uri"}),
    "pix": (
        "pix_dynamic_code",
        {"code": "code", "merchant_name": "merchant_name", "key": "key", "key_type": "key_type"},
    ),
    "boleto": ("boleto", {"digitable_line": "digitable_line"}),
    "card": (
        "offsite_card_pay",
        {"last_four_digits": "last_four_digits", "credential_id": "credential_id"},
    ),
}


def _for(kind: Kind, **words: JsonValue) -> dict[str, JsonValue]:
    return {"x-when": {"kind": [kind]}, **words}


Words = Annotated[str, Field(max_length=1000)] | None


class Payment(Fields):
    """One way to pay."""

    kind: Kind = Field(
        title="Way to Pay",
        description="In India: gateway, one that is set up in WhatsApp Manager, or link. In "
        "Brazil: pix, link, boleto, or card, one that the person has used before.",
        examples=["pix"],
        json_schema_extra={"x-widget": "select"},
    )
    gateway: str | None = Field(
        None,
        description="Meta's name of the payment gateway.",
        pattern="^([a-z_]{1,40})?$",
        examples=["razorpay"],
        json_schema_extra=_for("gateway", **{"x-hint": "a name of small letters"}),
    )
    configuration_name: Words = Field(
        None,
        title="Payment Configuration",
        description="The name of the payment configuration in WhatsApp Manager.",
        examples=["lucky-shrub"],
        json_schema_extra=_for("gateway"),
    )
    link: str | None = Field(
        None,
        title="Payment Link",
        description="The address of the page on which the person pays.",
        pattern="^(https?://.+)?$",
        max_length=2000,
        examples=["https://pay.luckyshrub.example/860198"],
        json_schema_extra=_for("link", **{"x-hint": "a web address with http:// or https://"}),
    )
    code: Words = Field(
        None,
        title="Pix Code",
        description="The dynamic Pix code that your bank or payment provider gave.",
        examples=["00020101021226700014br.gov.bcb.pix2548pix.example.com"],
        json_schema_extra=_for("pix"),
    )
    merchant_name: Words = Field(
        None,
        description="The name of the holder of the Pix account.",
        examples=["Lucky Shrub"],
        json_schema_extra=_for("pix"),
    )
    key: Words = Field(
        None,
        title="Pix Key",
        description="The Pix key of the account.",
        examples=["39580525000189"],
        json_schema_extra=_for("pix"),
    )
    key_type: Literal["CPF", "CNPJ", "EMAIL", "PHONE", "EVP"] | None = Field(
        None,
        title="Type of the Pix Key",
        description="What the Pix key is.",
        examples=["CNPJ"],
        json_schema_extra=_for("pix", **{"x-widget": "select"}),
    )
    digitable_line: Words = Field(
        None,
        title="Boleto's Line of Digits",
        description="The line of digits by which the boleto is paid.",
        examples=["03399026944140000002628346101018898510000008848"],
        json_schema_extra=_for("boleto"),
    )
    last_four_digits: str | None = Field(
        None,
        description="The last four digits of the card; the person sees them.",
        pattern="^([0-9]{4})?$",
        examples=["5235"],
        json_schema_extra=_for("card", **{"x-hint": "four digits"}),
    )
    credential_id: Words = Field(
        None,
        title="Credential ID",
        description="Your id of the card: it comes back when the person has agreed to pay.",
        examples=["1234567"],
        json_schema_extra=_for("card"),
    )

    @model_validator(mode="after")
    def _check_complete(self) -> Self:
        missing = [name for name in SETTINGS[self.kind][1] if not getattr(self, name)]
        if missing:
            words = ", ".join(str(type(self).model_fields[each].alias) for each in missing)
            raise RejectedError(
                "The way to pay is not complete",
                f"Of {self.kind}, this is empty: {words}.",
                "Fill it in, or choose another way to pay.",
                "payments",
            )
        return self

    @property
    def setting(self) -> JsonObject:
        """What Meta is told of it."""
        name, fields = SETTINGS[self.kind]
        told: dict[str, Json] = {theirs: getattr(self, ours) for ours, theirs in fields.items()}
        return {"type": name, name: told}


def check_ways(payments: list[Payment], currency: Currency) -> None:
    """Raise RejectedError for what nobody can pay with in the currency."""
    odd = next((each.kind for each in payments if each.kind not in KINDS[currency]), None)
    if odd is None and (payments or currency != "INR"):
        return
    allowed = ", ".join(KINDS[currency])
    raise RejectedError(
        "The order cannot be paid",
        f"{odd} is not a way to pay in {currency}." if odd else "There is no way to pay it.",
        f"Choose one of: {allowed}.",
        "payments",
    )
