"""Send Product List: up to thirty products of a catalog, under headings, to be ordered."""

from __future__ import annotations

from appmixer.engine.contract import ActionContext, Wait

from ...plugin.interactive.frame import InteractiveAction, send_interactive
from ...plugin.interactive.products import CatalogId, ProductListInput, ProductSections
from ...plugin.sending.messages import SentMessage


class SendProductList(InteractiveAction):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/catalogs/share-products"""

    label = "Send Product List Message"
    description = "Sends up to thirty products of your catalog, which the person can order."
    keywords = ("Catalog", "Shop", "Commerce", "Multi Product", "MPM", "Cart", "Order")
    shows = (
        ("headerText", "title"),
        ("text", "text"),
        ("footer", "footer"),
        ("rows", "choice"),
    )

    class Input(ProductListInput):
        catalog_id: CatalogId
        sections: ProductSections

    async def receive(self, context: ActionContext, input: Input) -> SentMessage | Wait:
        sections = [each.asked for each in input.sections]
        action = {"catalog_id": input.catalog_id, "sections": sections}
        return await send_interactive(context, input, "product_list", action)
