"""News of an account that Meta tells by webhook: what all their triggers and outputs share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Any, TypeVar

from pydantic import Field

from appmixer.engine.contract import Json, JsonObject, TriggerContext

from ..foreign_json.meta_fields import At, Id, MetaFields, Word, read_time
from ..foreign_json.shapes import is_object, word
from .listening import AccountInput, ListeningTrigger
from .outputs import IsTest, Raw, samples_of

WABA, TIME = "102290129340398", 1790000000


class News(MetaFields):
    """What is told of a WhatsApp Business Account; the other fields are those of Meta's value."""

    waba_id: str | None = Field(
        title="WABA ID", description="The WhatsApp Business Account.", examples=[WABA]
    )
    field: str = Field(
        title="Webhook Field",
        description="The field of Meta's webhooks that it came in.",
        examples=["account_update"],
    )
    time: datetime | None = Field(
        description="When Meta told it.", examples=["2026-09-21T14:13:20Z"]
    )
    is_test: IsTest
    raw: Raw


N = TypeVar("N", bound=News)


class TemplateNews(News):
    """What is told of a template."""

    template_id: Annotated[Id, At("message_template_id")] = Field(
        title="Template ID", description="Meta's id of it.", examples=["1689556908129832"]
    )
    template_name: Annotated[Word, At("message_template_name")] = Field(
        description="Its name.", examples=["order_confirmation"]
    )
    language: Annotated[Word, At("message_template_language")] = Field(
        description="Its language.", examples=["en_US"]
    )


class NewsTrigger(ListeningTrigger):
    """Base of the triggers about accounts: they differ in fields, output and filters alone."""

    scopes = ("whatsapp_business_management",)
    port = "update"
    Input = AccountInput

    def wants(self, properties: Any, news: Any) -> bool:
        """Say whether the properties ask for it."""
        return True

    async def receive(self, context: TriggerContext, event: JsonObject) -> News | None:
        assert issubclass(self.Output, News), "what such a trigger gives are news"
        news = read_news(self.Output, event)
        return news if news is not None and self.wants(context.properties, news) else None


def read_news(model: type[N], event: JsonObject) -> N | None:
    """Turn an event into the output; None when Meta's value is no object."""
    value = event.get("value")
    if not is_object(value):
        return None
    return model.from_meta(
        value,
        waba_id=word(event, "wabaId"),
        field=event.get("field"),
        time=read_time(event.get("entryTime")),
        is_test=event.get("isTest") is True,
        raw=dict(value),
    )


def news_samples(
    model: type[News], field: str, values: Mapping[str, JsonObject]
) -> dict[str, JsonObject]:
    """Return outputs for Meta's examples of values, by their names."""
    event: dict[str, Json] = {"wabaId": WABA, "field": field, "entryTime": TIME}
    events = {name: {**event, "value": each} for name, each in values.items()}
    return samples_of(partial(read_news, model), events)
