"""Send Carousel: two to ten cards beside one another, with links, buttons or products."""

from __future__ import annotations

from functools import partial

from appmixer.engine.contract import ActionContext, Wait

from ...plugin.interactive.cards import CarouselInput
from ...plugin.interactive.frame import InteractiveAction, send_interactive
from ...plugin.sending.messages import SentMessage


class SendCarousel(InteractiveAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-media-carousel-messages"""

    label = "Send Carousel Message"
    description = "Sends two to ten cards to swipe through: with links, reply buttons or products."
    keywords = ("Cards", "Gallery", "Swipe", "Products")
    shows = (("text", "text"), ("productIds", "card"))

    class Input(CarouselInput):
        pass

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        cards = partial(input.cards, context)
        return await send_interactive(context, input, "carousel", cards)
