"""Send Product: one product of a catalog, to be looked at and put into the cart."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext, Wait

from ...plugin.interactive.frame import InteractiveAction, send_interactive
from ...plugin.interactive.products import ProductInput
from ...plugin.sending.messages import SentMessage


class SendProduct(InteractiveAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/catalogs/share-products"""

    label = "Send Product Message"
    description = "Sends one product of your catalog, which the person can order."
    keywords = ("Catalog", "Shop", "Commerce", "Single Product", "SPM")
    shows = (("productId", "card"), ("text", "text"), ("footer", "footer"))

    class Input(ProductInput):
        pass

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        action = {"catalog_id": input.catalog_id, "product_retailer_id": input.product_id}
        return await send_interactive(context, input, "product", action)
