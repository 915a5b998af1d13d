"""Verify Sender Code: proves a number to be yours by the code that Meta has sent to it."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext

from ...plugin.fields.definitions import NumberAction, NumberInput
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.graph.once import once
from ...plugin.setup.numbers import NumberDone, VerificationCode


class VerifyCode(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/solution-providers/registering-phone-numbers"""

    label = "Verify Sender Code"
    description = "Proves a sender phone number to be yours by the code that Meta has sent to it."
    keywords = ("Verify Phone Number", "Confirm", "Onboarding")
    port = "verified"
    Output = NumberDone

    class Input(NumberInput):
        code: VerificationCode

    async def receive(self, context: ActionContext, input: Input) -> NumberDone:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        graph, path = graph_of(context), f"{sender.id}/verify_code"
        body = {"code": input.code.replace("-", "").replace(" ", "")}
        # A code is good for one time: doing it again would fail, though it was done.
        await once(context, lambda begin: graph.post(path, json=body, before_acting=begin))
        return NumberDone(success=True, phone_number_id=sender.id)
