"""A number's own webhook address, and the handshake before one is kept."""

from __future__ import annotations

from ...protocol.errors import MetaError, invalid_value, missing_parameter
from ...protocol.shapes import is_object
from ..call import Call

# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/override
MAX_OVERRIDE_CHARS = 200


async def save_override(call: Call) -> None:
    number, configuration = call.number(), call.parameters["webhook_configuration"]
    if not is_object(configuration):
        raise invalid_value("webhook_configuration must be an object")
    url = configuration.get("override_callback_uri")
    if not url:
        number.override_callback_uri = None
        return
    await verify_override(call, str(url), str(configuration.get("verify_token") or ""))
    number.override_callback_uri = str(url)


async def verify_override(call: Call, url: str, verify_token: str) -> None:
    """Meta calls an override address before it accepts it."""
    if len(url) > MAX_OVERRIDE_CHARS or not url.startswith(("http://", "https://")):
        raise invalid_value(
            f"override_callback_uri must be a URL of at most {MAX_OVERRIDE_CHARS} characters"
        )
    if not verify_token:
        raise missing_parameter("verify_token")
    reason = await call.world.courier.verify(url, verify_token)
    if reason is not None:
        raise MetaError(
            2200, f"(#2200) Callback verification failed with the following errors: {reason}"
        )
