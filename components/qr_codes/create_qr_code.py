"""Create QR Code: a code, and a link, that open a chat with a text already written."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext

from ...plugin.fields.definitions import NumberAction, NumberInput
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.graph.once import once
from ...plugin.numbers.qr_codes import ImageFormat, PrefilledMessage, QrCode, body_of


class CreateQrCode(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/qr-codes"""

    label = "Create QR Code"
    description = "Makes a QR code and a short link that open a chat with a text already written."
    keywords = ("Short Link", "wa.me", "Deep Link", "Scan")
    port = "created"
    Output = QrCode

    class Input(NumberInput):
        prefilled_message: PrefilledMessage
        image_format: ImageFormat = None

    async def receive(self, context: ActionContext, input: Input) -> QrCode:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        graph, path = graph_of(context), f"{sender.id}/message_qrdls"
        body = body_of(input.prefilled_message, input.image_format)
        answer = await once(context, lambda begin: graph.post(path, json=body, before_acting=begin))
        return QrCode.from_meta(answer)
