"""An app's own webhook settings: callback, verify token, fields, all behind Meta's handshake."""

from __future__ import annotations

from ...protocol.errors import MetaError
from ...world.entities import App
from ...world.world import World
from ..call import Answer, Call, success

OBJECT = "whatsapp_business_account"
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference
WEBHOOK_FIELDS: tuple[str, ...] = (
    "account_alerts",
    "account_review_update",
    "account_settings_update",
    "account_update",
    "automatic_events",
    "business_capability_update",
    "business_status_update",
    "business_username_update",
    "calls",
    "consumer_profile",
    "flows",
    "group_lifecycle_update",
    "group_participants_update",
    "group_settings_update",
    "group_status_update",
    "history",
    "message_echoes",
    "message_template_components_update",
    "message_template_quality_update",
    "message_template_status_update",
    "messages",
    "messaging_handovers",
    "partner_solutions",
    "payment_configuration_update",
    "phone_number_name_update",
    "phone_number_quality_update",
    "security",
    "smb_app_state_sync",
    "smb_message_echoes",
    "standby",
    "template_category_update",
    "template_correct_category_detection",
    "template_performance_metrics",
    "tracking_events",
    "user_preferences",
)


async def save(call: Call) -> Answer:
    """POST /{app-id}/subscriptions, with the app token."""
    app = _own_app(call)
    if call.need("object") != OBJECT:
        raise MetaError(100, f"(#100) Param object must be {OBJECT}")
    url, verify_token = call.need("callback_url"), call.need("verify_token")
    fields = call.listed("fields") or list(app.fields)
    unknown = [name for name in fields if name not in WEBHOOK_FIELDS]
    if unknown:
        raise MetaError(100, f"(#100) Param fields has an unknown field: {unknown[0]}")
    reason = await configure(call.world, app, url, verify_token, fields)
    if reason is not None:
        raise MetaError(
            2200, f"(#2200) Callback verification failed with the following errors: {reason}"
        )
    return success()


async def show(call: Call) -> Answer:
    app = _own_app(call)
    if app.callback_url is None:
        return {"data": []}
    return {
        "data": [
            {
                "object": OBJECT,
                "callback_url": app.callback_url,
                "active": True,
                "fields": [{"name": name, "version": "v25.0"} for name in app.fields],
            }
        ]
    }


async def remove(call: Call) -> Answer:
    app = _own_app(call)
    gone = call.listed("fields")
    app.fields = tuple(name for name in app.fields if gone and name not in gone)
    if not app.fields:
        app.callback_url = None
    return success()


async def configure(
    world: World, app: App, url: str, verify_token: str, fields: list[str]
) -> str | None:
    """Shake hands with the callback and keep it; returns why it was not kept."""
    reason = await world.courier.verify(url, verify_token)
    if reason is None:
        app.callback_url, app.verify_token, app.fields = url, verify_token, tuple(fields)
    return reason


def _own_app(call: Call) -> App:
    app, token = call.app(), call.bearer()
    if token.kind != "APP" or token.app_id != app.id:
        raise MetaError(15, "(#15) This method must be called with an app access_token.")
    return app
