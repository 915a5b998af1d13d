"""Send Catalog: a text with a button that opens the whole catalog."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext, Json, Wait

from ...plugin.interactive.frame import FooterInput, InteractiveAction, send_interactive
from ...plugin.interactive.products import Thumbnail
from ...plugin.sending.messages import SentMessage


class SendCatalog(InteractiveAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/catalogs/share-products"""

    label = "Send Catalog Message"
    description = "Sends a text with a button that opens your catalog, from which one can order."
    keywords = ("Shop", "Commerce", "Products", "Order")
    shows = (("text", "text"), ("footer", "footer"), ("thumbnailProductId", "card"))

    class Input(FooterInput):
        thumbnail_product_id: Thumbnail = None

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        action: dict[str, Json] = {"name": "catalog_message"}
        if input.thumbnail_product_id:
            product = {"thumbnail_product_retailer_id": input.thumbnail_product_id}
            action["parameters"] = product
        return await send_interactive(context, input, "catalog_message", action)
