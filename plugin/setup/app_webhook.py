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

PAGE = "In the Meta App Dashboard open WhatsApp, Configuration, Webhooks"
SET_UP = (
    f"{PAGE}: save this engine's address {ENDPOINT} with the verify token, the same as "
    "`verifyToken` here, then subscribe the field `messages`."
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


def shortcoming(webhook: AppWebhook | None, field: str = "") -> ConfigurationError | None:
    """Return what keeps events, or those of a field, from arriving; None if nothing does."""
    if webhook is None:
        return ConfigurationError(
            "No WhatsApp event can arrive", "The Meta app has no callback URL.", SET_UP
        )
    if not webhook.is_active:
        return ConfigurationError(
            "No WhatsApp event can arrive", "Meta has switched the app's webhook off.", SET_UP
        )
    if field and field not in webhook.fields:
        what = "message or status" if field == "messages" else f"event of `{field}`"
        return ConfigurationError(
            f"No {what} can arrive",
            f"The Meta app is not subscribed to the webhook field `{field}`.",
            SET_UP if field == "messages" else f"{PAGE}, and subscribe the field `{field}`.",
        )
    return None
