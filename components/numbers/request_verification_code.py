"""Request Sender Verification Code: has Meta send the code that proves a number to be yours."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext

from ...plugin.fields.definitions import NumberAction, NumberInput
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.graph.once import once
from ...plugin.setup.numbers import CodeLanguage, CodeMethod, NumberDone


class RequestVerificationCode(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/solution-providers/registering-phone-numbers"""

    label = "Request Sender Verification Code"
    description = "Has Meta send a code to a sender phone number, to prove that it is yours."
    keywords = ("Verify", "Request Code", "SMS", "Voice Call", "Onboarding")
    port = "requested"
    Output = NumberDone

    class Input(NumberInput):
        code_method: CodeMethod = "SMS"
        language: CodeLanguage = "en_US"

    async def receive(self, context: ActionContext, input: Input) -> NumberDone:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        graph, path = graph_of(context), f"{sender.id}/request_code"
        body = {"code_method": input.code_method, "language": input.language}
        await once(context, lambda begin: graph.post(path, json=body, before_acting=begin))
        return NumberDone(success=True, phone_number_id=sender.id)
