"""Send Contacts: contact cards, which the person can keep or write to."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext, Wait

from ...plugin.sending.action import SendAction, send_message
from ...plugin.sending.contact_cards import ContactsInput
from ...plugin.sending.messages import SentMessage


class SendContacts(SendAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/contacts-messages"""

    label = "Send Contacts Message"
    description = "Sends contact cards, which the person can keep, call or write to."
    group = "Messages"
    keywords = ("Contact", "vCard", "Business card", "Address book")
    shows = (("fullName", "contact"), ("contacts", "contact"))
    Input = ContactsInput

    async def receive(self, context: ActionContext, input: ContactsInput) -> SentMessage | Wait:
        return await send_message(context, input, {"type": "contacts", "contacts": input.cards()})
