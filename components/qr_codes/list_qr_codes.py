"""List QR Codes: all codes of a sender number, the newest first."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import ActionContext, Fields, sample_of

from ...plugin.fields.definitions import Count, NumberAction, NumberInput
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.numbers.qr_codes import ImageFormat, QrCode, asked


class ListQrCodes(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/qr-codes"""

    label = "List QR Codes"
    description = "Lists the QR codes of a sender phone number with their texts and links."
    keywords = ("Find QR Codes", "Short Links", "Deep Links")
    effect = "read"
    port = "codes"

    class Input(NumberInput):
        image_format: ImageFormat = None

    class Output(Fields):
        qr_codes: list[QrCode] = Field(
            title="QR Codes",
            description="All codes of the number.",
            examples=[[sample_of(QrCode, image_url=None)]],
        )
        count: Count

    async def receive(self, context: ActionContext, input: Input) -> Output:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        path = f"{sender.id}/message_qrdls"
        nodes = graph_of(context).pages(path, asked(input.image_format))
        codes = [QrCode.from_meta(node) async for node in nodes]
        return self.Output(qr_codes=codes, count=len(codes))
