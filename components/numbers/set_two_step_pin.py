"""Set Two-Step PIN: gives a number another PIN, which every later registration needs."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext

from ...plugin.fields.definitions import NumberAction, NumberInput
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.setup.numbers import NewPin, NumberDone


class SetTwoStepPin(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/two-step-verification"""

    label = "Set Sender Two-Step PIN"
    description = "Gives a sender phone number another PIN, which every later registration needs."
    keywords = ("Two-Factor", "Two-Step Verification", "Change PIN", "Security")
    idempotent = True
    port = "set"
    Output = NumberDone

    class Input(NumberInput):
        pin: NewPin

    async def receive(self, context: ActionContext, input: Input) -> NumberDone:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        await graph_of(context).post(sender.id, json={"pin": input.pin}, repeats=True)
        return NumberDone(success=True, phone_number_id=sender.id)
