"""Send Reaction: an emoji on a message, or its removal."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext, Json, Wait

from ...plugin.sending.action import SendAction, send_message
from ...plugin.sending.messages import SentMessage
from ...plugin.sending.reactions import ReactionInput


class SendReaction(SendAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/reaction-messages"""

    label = "Send Reaction"
    description = "Reacts to a message with an emoji, or takes the reaction back."
    group = "Messages"
    keywords = ("Emoji", "Like", "React", "Remove reaction")
    shows = (("emoji", "reaction"),)
    Input = ReactionInput

    async def receive(self, context: ActionContext, input: ReactionInput) -> SentMessage | Wait:
        reaction: dict[str, Json] = {"message_id": input.message_id, "emoji": input.emoji or ""}
        return await send_message(context, input, {"type": "reaction", "reaction": reaction})
