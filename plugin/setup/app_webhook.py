"""What the Meta app itself is set to: its callback address and the fields it hears of."""

from __future__ import annotations

from dataclasses import dataclass

from appmixer.engine.contract import ConfigurationError

from ..configuration.settings import Settings
from ..foreign_json.shapes import as_objects, as_text, as_texts
from ..graph.client import GraphClient
from ..webhook.endpoint import ENDPOINT
from ..webhook.events import OBJECT
from .app_graph import get_as_app

SET_UP = (
    "In the Meta App Dashboard open WhatsApp, Configuration, Webhooks: save this engine's address "
    f"{ENDPOINT} with the verify token, then subscribe the field `messages`."
)


@dataclass(frozen=True)
class AppWebhook:
    """The app's subscription to WhatsApp events."""

    callback_url: str
    is_active: bool
    fields: frozenset[str]


async def read_app_webhook(graph: GraphClient, settings: Settings) -> AppWebhook | None:
    """Return the app's subscription, None if it has none."""
    # https://developers.facebook.com/docs/graph-api/reference/app/subscriptions
    body = await get_as_app(graph, settings, f"{settings.required('clientId')}/subscriptions")
    for row in as_objects(body.get("data")):
        if row.get("object") == OBJECT:
            rows = as_objects(row.get("fields"))
            names = {as_text(each.get("name")) for each in rows} | {*as_texts(row.get("fields"))}
            url = as_text(row.get("callback_url"))
            return AppWebhook(url, row.get("active") is not False, frozenset(names))
    return None


def shortcoming(webhook: AppWebhook | None) -> ConfigurationError | None:
    """Return what keeps messages and statuses from arriving, as an error; None if nothing does."""
    if webhook is None:
        return ConfigurationError(
            "No WhatsApp event can arrive", "The Meta app has no callback URL.", SET_UP
        )
    if not webhook.is_active:
        return ConfigurationError(
            "No WhatsApp event can arrive", "Meta has switched the app's webhook off.", SET_UP
        )
    if "messages" not in webhook.fields:
        return ConfigurationError(
            "No message or status can arrive",
            "The Meta app is not subscribed to the webhook field `messages`.",
            SET_UP,
        )
    return None
