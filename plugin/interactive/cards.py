"""Carousels: two to ten cards beside one another, of one kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from appmixer.engine.contract import ActionContext, Fields, JsonObject, RejectedError

from ..ledgers.proven_numbers import SenderNumber
from ..media.references import Media, media_object
from .frame import TextInput
from .links import WebAddress, link_button
from .products import ProductId
from .replies import (
    ID,
    ID_DESCRIPTION,
    ID_HINT,
    ButtonText,
    buttons_of,
    check_ids,
    check_titles,
)

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-media-carousel-messages
MIN_CARDS = 2
MAX_CARDS = 10
MAX_CARD_BODY_CHARS = 160
MAX_CARD_BUTTONS = 3
MAX_CARD_BUTTON_ID_CHARS = 20

CardType = Literal["link", "replies", "product"]


def _for(*kinds: CardType) -> dict[str, Any]:
    return {"x-when": {"cardType": list(kinds)}}


class CardButton(Fields):
    """A button on a card that answers with its id when it is tapped."""

    title: ButtonText
    id: str | None = Field(
        default=None,
        title="ID",
        description=ID_DESCRIPTION,
        max_length=MAX_CARD_BUTTON_ID_CHARS,
        pattern=ID,
        examples=["buy-olive"],
        json_schema_extra=ID_HINT,
    )


class MediaCard(Fields):
    """The picture or video of a card, and the text below it."""

    media: Media = Field(
        title="File",
        description="The picture or video.",
        examples=[{"link": "https://www.luckyshrub.example/img/0.jpg"}],
    )
    text: str | None = Field(
        default=None,
        description="What stands below it.",
        max_length=MAX_CARD_BODY_CHARS,
        examples=["An olive tree, two years old"],
    )


class LinkCard(MediaCard):
    """A card whose button opens a web page."""

    button_text: ButtonText
    url: WebAddress

    @property
    def action(self) -> JsonObject:
        return link_button(self.button_text, self.url)


class ReplyCard(MediaCard):
    """A card whose buttons answer with their ids."""

    buttons: list[CardButton] = Field(
        description="One to three; all cards have the same number of them.",
        min_length=1,
        max_length=MAX_CARD_BUTTONS,
        examples=[[{"title": "Take it", "id": "buy-olive"}]],
    )

    @property
    def action(self) -> JsonObject:
        return {"buttons": buttons_of("quick_reply", self.buttons)}


class CarouselInput(TextInput):
    """What a carousel needs: the kind of its cards, and as many of them as it shows."""

    card_type: CardType = Field(
        default="link",
        title="Kind of Cards",
        description="link: each opens a web page. replies: each has buttons that answer. product: "
        "each is a product of your catalog.",
        examples=["link"],
        json_schema_extra={"x-widget": "select"},
    )
    media_type: Literal["image", "video"] = Field(
        default="image",
        title="Pictures or Videos",
        description="What all cards show.",
        examples=["image"],
        json_schema_extra={"x-widget": "select", **_for("link", "replies")},
    )
    link_cards: list[LinkCard] = Field(
        default_factory=list[LinkCard],
        title="Cards",
        description="Two to ten.",
        max_length=MAX_CARDS,
        json_schema_extra=_for("link"),
    )
    reply_cards: list[ReplyCard] = Field(
        default_factory=list[ReplyCard],
        title="Cards",
        description="Two to ten, with the same number of buttons on each. No two buttons have "
        "the same ID.",
        max_length=MAX_CARDS,
        json_schema_extra=_for("replies"),
    )
    product_ids: list[ProductId] = Field(
        default_factory=list[ProductId],
        title="Product IDs",
        description="Two to ten: the products' content ids (SKU, retailer id) in the catalog.",
        max_length=MAX_CARDS,
        examples=[["di9ozbzfi4", "nqryix03ez"]],
        json_schema_extra=_for("product"),
    )
    catalog_id: str | None = Field(
        default=None,
        title="Catalog ID",
        description="The id of the catalog that is connected to the WhatsApp Business Account.",
        pattern="^([0-9]{1,32})?$",
        examples=["194836987003835"],
        json_schema_extra={"x-hint": "an id of digits", **_for("product")},
    )

    @model_validator(mode="after")
    def _check_cards(self) -> Self:
        given: dict[str, tuple[CardType, Sequence[object]]] = {
            "linkCards": ("link", self.link_cards),
            "replyCards": ("replies", self.reply_cards),
            "productIds": ("product", self.product_ids),
        }
        for field, (kind, cards) in given.items():
            _check_count(field, len(cards), is_chosen=kind == self.card_type)
        if bool(self.catalog_id) != (self.card_type == "product"):
            raise RejectedError(
                "The catalog does not fit the cards",
                "Products are of a catalog, and other cards are not.",
                "Give its id for products alone.",
                "catalogId",
            )
        _check_replies(self.reply_cards)
        return self

    async def cards(self, context: ActionContext, sender: SenderNumber) -> JsonObject:
        """Return the cards as Meta names them; files are uploaded on the way."""
        if self.card_type == "product":
            cards = [self._product(each) for each in self.product_ids]
        else:
            field = "linkCards" if self.card_type == "link" else "replyCards"
            media_cards: list[LinkCard | ReplyCard] = [*self.link_cards, *self.reply_cards]
            cards = [await self._card(context, sender, each, field) for each in media_cards]
        return {"cards": [{"card_index": index, **card} for index, card in enumerate(cards)]}

    def _product(self, product_id: str) -> JsonObject:
        action = {"product_retailer_id": product_id, "catalog_id": self.catalog_id}
        return {"type": "product", "action": action}

    async def _card(
        self, context: ActionContext, sender: SenderNumber, card: LinkCard | ReplyCard, field: str
    ) -> JsonObject:
        kind = self.media_type
        file = await media_object(context, sender, card.media, kind, field=field)
        body: JsonObject = {"body": {"text": card.text}} if card.text else {}
        header = {"type": kind, kind: file}
        # Cards with quick replies are of this type too.
        return {"type": "cta_url", "header": header, **body, "action": card.action}


def _check_count(field: str, count: int, *, is_chosen: bool) -> None:
    if is_chosen and count < MIN_CARDS:
        raise RejectedError(
            "There are too few cards",
            f"A carousel has at least {MIN_CARDS} cards, and this one has {count}.",
            "Add another, or send the one by a message of its own.",
            field,
        )
    if count and not is_chosen:
        raise RejectedError(
            "The cards are of another kind",
            "A carousel has cards of one kind, and another one is chosen.",
            "Choose the kind that fits, or empty the field.",
            field,
        )


def _check_replies(cards: Sequence[ReplyCard]) -> None:
    if len({len(each.buttons) for each in cards}) > 1:
        raise RejectedError(
            "The cards have different numbers of buttons",
            "Meta wants the same number on each card.",
            "Add or remove buttons until all have the same number.",
            "replyCards",
        )
    for each in cards:
        check_titles(each.buttons, "replyCards")
    check_ids([button for card in cards for button in card.buttons], "replyCards")
