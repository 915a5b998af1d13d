"""The controls of webhooks: where they go, which went out, and sending one again."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, HTTPException, Query, Response

from ..behaviour.webhooks import subscriptions
from ..protocol.shapes import Json
from ..world import seed
from ..world.deliveries import Delivery, DeliveryState
from ..world.entities import App, Subscription
from ..world.world import World
from .bodies import WebhookChoice
from .strict import wrong_value
from .views import shown_delivery, shown_delivery_with_bodies

NO_APP: Json = {"description": "There is no such app."}
NO_DELIVERY: Json = {"description": "There is no such delivery in the log."}
NOT_VERIFIED: Json = {"description": "The callback failed the handshake; `reason` says how."}
AppId = Annotated[str, Query(alias="appId")]
Limit = Annotated[int, Query(ge=1, le=10_000)]


def webhook_controls(controls: FastAPI, world: World) -> None:
    @controls.get("/_sandbox/webhook", responses={404: NO_APP})
    async def webhook(app_id: AppId = seed.APP_ID) -> Json:
        """Where an app's webhooks go: the seeded app's unless told otherwise."""
        return shown_webhook(app_of(world, app_id))

    @controls.post("/_sandbox/webhook", responses={400: NOT_VERIFIED, 404: NO_APP})
    async def set_webhook(choice: WebhookChoice, response: Response) -> Json:
        """Give the app a callback; Meta's GET handshake comes first."""
        app = app_of(world, choice.app_id)
        fields = choice.fields if choice.fields is not None else list(subscriptions.WEBHOOK_FIELDS)
        unknown = [name for name in fields if name not in subscriptions.WEBHOOK_FIELDS]
        if unknown:
            raise wrong_value("fields", f"Meta has no webhook field named {unknown[0]}.")
        reason = None
        if choice.handshake:
            reason = await world.courier.verify(choice.callback_url, choice.verify_token)
        if reason is not None:
            response.status_code = 400
        else:
            app.callback_url, app.fields = choice.callback_url, tuple(fields)
            app.verify_token = choice.verify_token
            if choice.subscribe:
                _subscribe_all(world, app)
        return {"verified": reason is None, "reason": reason, "callbackUrl": app.callback_url}

    @controls.delete("/_sandbox/webhook", responses={404: NO_APP})
    async def remove_webhook(app_id: AppId = seed.APP_ID) -> Json:
        """Take the app's callback away; webhooks that are on their way still go there."""
        app = app_of(world, app_id)
        app.callback_url = None
        return shown_webhook(app)

    @controls.get("/_sandbox/webhooks")
    async def deliveries(
        limit: Limit = 100, field: str | None = None, state: DeliveryState | None = None
    ) -> Json:
        """The latest deliveries, newest first, and how many updates still wait."""
        fitting = [
            delivery
            for delivery in world.courier.log.latest()
            if (field is None or field in delivery.fields)
            and (state is None or state == delivery.state)
        ]
        return {
            "waiting": world.courier.waiting,
            "deliveries": [shown_delivery(delivery) for delivery in fitting[:limit]],
        }

    @controls.get("/_sandbox/webhooks/{delivery_id}", responses={404: NO_DELIVERY})
    async def delivery(delivery_id: str) -> Json:
        """One delivery with its body and what was answered to each attempt."""
        return shown_delivery_with_bodies(_delivery(world, delivery_id))

    @controls.post(
        "/_sandbox/webhooks/{delivery_id}/resend", status_code=202, responses={404: NO_DELIVERY}
    )
    async def resend(delivery_id: str) -> Json:
        """Post the same bytes again."""
        return shown_delivery(world.courier.resend(_delivery(world, delivery_id)))


def _subscribe_all(world: World, app: App) -> None:
    for waba in world.wabas.values():
        waba.subscriptions.setdefault(app.id, Subscription(app.id))


def shown_webhook(app: App) -> Json:
    return {
        "appId": app.id,
        "callbackUrl": app.callback_url,
        "verifyToken": app.verify_token,
        "fields": list(app.fields),
    }


def app_of(world: World, app_id: str) -> App:
    app = world.apps.get(app_id)
    if app is None:
        raise HTTPException(404, f"There is no app {app_id}.")
    return app


def _delivery(world: World, delivery_id: str) -> Delivery:
    delivery = world.courier.log.get(delivery_id)
    if delivery is None:
        raise HTTPException(404, "There is no such delivery in the log (any more).")
    return delivery
