"""Get QR Code: the text, the link and the picture of one code."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext

from ...plugin.fields.definitions import NumberAction
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.foreign_json.shapes import as_objects
from ...plugin.numbers.qr_codes import ImageFormat, QrCode, QrCodeInput, asked, code_of


class GetQrCode(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/qr-codes"""

    label = "Get QR Code"
    description = "Returns the text, the link and, if wanted, the picture of a QR code."
    keywords = ("Short Link", "Deep Link")
    effect = "read"
    port = "code"
    Output = QrCode

    class Input(QrCodeInput):
        image_format: ImageFormat = None

    async def receive(self, context: ActionContext, input: Input) -> QrCode:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        path = f"{sender.id}/message_qrdls/{code_of(input.code)}"
        answer = await graph_of(context).get(path, asked(input.image_format))
        found = next(iter(as_objects(answer.get("data"))), answer)
        return QrCode.from_meta(found)
