"""Get Phone Number: what Meta tells of one sender number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar

from appmixer.engine.contract import ActionContext, JsonObject, sample_of

from ...plugin.fields.definitions import NumberAction, NumberInput
from ...plugin.fields.senders import graph_of, prove_sender, whatsapp
from ...plugin.setup.numbers import get_number
from ...plugin.setup.reports import ReportedNumber, number_reports


class GetPhoneNumber(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/phone-numbers"""

    label = "Get Phone Number"
    description = "Returns what is known of one sender phone number."
    keywords = ("Sender", "Quality Rating", "Messaging Limit")
    effect = "read"
    port = "number"
    Input = NumberInput
    Output = ReportedNumber
    samples: ClassVar[Mapping[str, JsonObject]] = {"registered": sample_of(ReportedNumber)}

    async def receive(self, context: ActionContext, input: NumberInput) -> ReportedNumber:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        standing = await whatsapp(context).health.of(sender.waba_id)
        now = datetime.fromtimestamp(context.clock.now, UTC)
        reported = number_reports(standing, sender.display, now)
        return await get_number(graph_of(context), sender.id, ReportedNumber, reported=reported)
