"""Update QR Code: another text behind a code that is in the world already."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext

from ...plugin.fields.definitions import NumberAction
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.numbers.qr_codes import (
    ImageFormat,
    PrefilledMessage,
    QrCode,
    QrCodeInput,
    body_of,
    code_of,
)


class UpdateQrCode(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/qr-codes"""

    label = "Update QR Code"
    description = "Puts another text behind a QR code; code and link stay the same."
    keywords = ("Change QR Code", "Short Link", "Deep Link")
    idempotent = True
    port = "updated"
    Output = QrCode

    class Input(QrCodeInput):
        prefilled_message: PrefilledMessage
        image_format: ImageFormat = None

    async def receive(self, context: ActionContext, input: Input) -> QrCode:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        body = body_of(input.prefilled_message, input.image_format, code=code_of(input.code))
        path = f"{sender.id}/message_qrdls"
        return QrCode.from_meta(await graph_of(context).post(path, json=body, repeats=True))
