"""Update Business Profile: changes what is filled in, and leaves the rest as it is."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext

from ...plugin.fields.definitions import NumberAction
from ...plugin.fields.senders import graph_of, prove_sender
from ...plugin.media.resumable import upload_handle
from ...plugin.numbers.profile import PICTURE_TYPES, ProfileChanged, ProfileInput


class UpdateBusinessProfile(NumberAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/business-profiles"""

    label = "Update Business Profile"
    description = "Changes what people see in the details of a chat with a sender phone number."
    keywords = ("About", "Description", "Profile Picture", "Logo", "Website")
    scopes = ("whatsapp_business_messaging",)
    idempotent = True
    port = "updated"
    Input = ProfileInput
    Output = ProfileChanged

    async def receive(self, context: ActionContext, input: ProfileInput) -> ProfileChanged:
        sender = await prove_sender(context, input.phone_number_id, input.business_account_id)
        change = input.texts | input.emptied
        file_id, url = input.picture_file_id, input.picture_url
        if file_id or url:
            field = "pictureFileId" if file_id else "pictureUrl"
            change["profile_picture_handle"] = await upload_handle(
                context, file_id=file_id, url=url, takes=PICTURE_TYPES, field=field
            )
        body = {"messaging_product": "whatsapp", **change}
        path = f"{sender.id}/whatsapp_business_profile"
        await graph_of(context).post(path, json=body, repeats=True)
        return ProfileChanged(success=True, phone_number_id=sender.id, changed=[*change])
