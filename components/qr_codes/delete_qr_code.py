"""Delete QR Code: nobody can open a chat by it any more."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import ActionContext

from ...plugin.fields.definitions import NumberAction
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.numbers.qr_codes import QrCodeInput, code_of
from ...plugin.setup.numbers import NumberDone


class DeleteQrCode(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/qr-codes"""

    label = "Delete QR Code"
    description = "Deletes a QR code, whose link leads nowhere from then on."
    keywords = ("Remove QR Code", "Short Link", "Deep Link")
    idempotent = True
    port = "deleted"
    Input = QrCodeInput

    class Output(NumberDone):
        code: str = Field(description="The code that is gone.", examples=["5QBPAD2DC6L5A1"])

    async def receive(self, context: ActionContext, input: QrCodeInput) -> Output:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        code = code_of(input.code)
        await graph_of(context).delete(f"{sender.id}/message_qrdls/{code}")
        return self.Output(success=True, phone_number_id=sender.id, code=code)
