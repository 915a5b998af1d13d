"""Deregister Sender Phone Number: takes a number off the Cloud API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from appmixer.engine.contract import ActionContext, Fields, JsonObject

from ...plugin.fields.definitions import NumberInput
from ...plugin.fields.options import NumberAction
from ...plugin.fields.senders import graph_of, prove_sender


class DeregisterPhoneNumber(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/registration"""

    label = "Deregister Sender Phone Number"
    description = (
        "Takes a sender phone number off the Cloud API, after which it can no longer send or "
        "receive."
    )
    group = "Phone Numbers"
    keywords = ("Deactivate", "Unregister", "Offboarding")
    scopes = ("whatsapp_business_management",)
    idempotent = True
    port = "deregistered"
    Input = NumberInput

    class Output(Fields):
        success: bool = Field(description="Whether Meta took the number off.", examples=[True])
        phone_number_id: str = Field(
            title="Phone Number ID",
            description="The number that was taken off; it can be registered again.",
            examples=["106540352242922"],
        )

    samples: ClassVar[Mapping[str, JsonObject]] = {
        "deregistered": {"success": True, "phoneNumberId": "106540352242922"}
    }

    async def receive(self, context: ActionContext, input: NumberInput) -> Output:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        answer = await graph_of(context).post(f"{sender.id}/deregister")
        return self.Output(success=answer.get("success") is True, phone_number_id=sender.id)
