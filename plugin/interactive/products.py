"""Products of a catalog: one, lists of them under headings, and the catalog itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from appmixer.engine.contract import ActionContext, Fields, Json, RejectedError

from ..ledgers.proven_numbers import SenderNumber
from .frame import (
    MAX_BODY_CHARS,
    MAX_HEADER_CHARS,
    VISIBLE,
    VISIBLE_HINT,
    FooterInput,
    FooterText,
    InteractiveInput,
)
from .lists import MAX_SECTIONS, SectionTitle, check_headings

# https://developers.facebook.com/documentation/business-messaging/whatsapp/catalogs/share-products
MAX_PRODUCTS = 30

CatalogId = Annotated[
    str,
    Field(
        title="Catalog ID",
        description="The id of the catalog that is connected to the WhatsApp Business Account.",
        pattern="^[0-9]{1,32}$",
        examples=["194836987003835"],
        json_schema_extra={"x-hint": "an id of digits"},
    ),
]
ProductId = Annotated[
    str,
    Field(
        title="Product ID",
        description="The product's content id (SKU, retailer id) in the catalog.",
        min_length=1,
        pattern=VISIBLE,
        examples=["di9ozbzfi4"],
        json_schema_extra={"x-hint": VISIBLE_HINT},
    ),
]
Thumbnail = Annotated[
    str | None,
    Field(
        title="Product On The Picture",
        description="The content id of the product whose picture is shown; the first if empty.",
        examples=["di9ozbzfi4"],
        json_schema_extra={"x-group": "Options"},
    ),
]


class ProductInput(InteractiveInput):
    """What a message with one product needs: it alone can do without a text."""

    catalog_id: CatalogId
    product_id: ProductId
    text: str | None = Field(
        default=None,
        title="Message Text",
        description="What stands below the product, if anything.",
        max_length=MAX_BODY_CHARS,
        examples=["Back in stock."],
        json_schema_extra={"x-widget": "textarea"},
    )
    footer: FooterText = None

    async def frame(self, context: ActionContext, sender: SenderNumber) -> dict[str, Json]:
        texts = {"body": self.text, "footer": self.footer}
        return {name: {"text": text} for name, text in texts.items() if text}


class ProductListInput(FooterInput):
    """What a list of products needs: Meta asks for its header."""

    header_text: str = Field(
        title="Header Text",
        description="A line in bold above the text.",
        min_length=1,
        max_length=MAX_HEADER_CHARS,
        pattern=VISIBLE,
        examples=["Our picks"],
        json_schema_extra={"x-hint": VISIBLE_HINT},
    )

    async def frame(self, context: ActionContext, sender: SenderNumber) -> dict[str, Json]:
        header = {"type": "text", "text": self.header_text}
        return {**await super().frame(context, sender), "header": header}


class ProductSection(Fields):
    """Products under a heading."""

    title: SectionTitle = None
    product_ids: list[ProductId] = Field(
        description="The products' content ids, at most thirty in all sections together.",
        min_length=1,
        max_length=MAX_PRODUCTS,
        examples=[["di9ozbzfi4", "nqryix03ez"]],
    )

    @property
    def asked(self) -> Json:
        title: dict[str, Json] = {"title": self.title} if self.title else {}
        items = [{"product_retailer_id": each} for each in self.product_ids]
        return {**title, "product_items": items}


def _check(sections: list[ProductSection]) -> list[ProductSection]:
    count = sum(len(each.product_ids) for each in sections)
    if count > MAX_PRODUCTS:
        raise RejectedError(
            "There are too many products",
            f"There are {count}, and Meta takes {MAX_PRODUCTS} in all sections together.",
            "Leave some out, or send the catalog.",
            "sections",
        )
    check_headings([each.title for each in sections])
    return sections


ProductSections = Annotated[
    list[ProductSection],
    Field(
        title="Sections",
        description="One to ten, with at most thirty products together.",
        min_length=1,
        max_length=MAX_SECTIONS,
        examples=[[{"title": "Popular", "productIds": ["di9ozbzfi4", "nqryix03ez"]}]],
    ),
    AfterValidator(_check),
]
