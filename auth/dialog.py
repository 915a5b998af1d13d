"""Meta's login dialog: the address a person is sent to, and the answer that comes back.

https://developers.facebook.com/documentation/facebook-login/guides/advanced/manual-flow
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from appmixer.engine.contract import ConnectorError, RejectedError

from ..plugin.configuration.settings import Settings
from ..plugin.graph.errors import error_from_graph
from ..plugin.graph.redaction import redact
from ..plugin.setup.tokens import SCOPES

# The address to come back to, or its domain, is not among those of the Meta app.
ADDRESS_REFUSED = 191


def dialog_url(settings: Settings, *, redirect_uri: str, state: str) -> str:
    """Return the address of the dialog; raise ConfigurationError if the app is not set up."""
    # Without the secret the dialog would open, and the code it gives could not be used.
    settings.required("clientSecret")
    query = {
        "client_id": settings.required("clientId"),
        "redirect_uri": redirect_uri,
        "state": state,
        "response_type": "code",
        **_what_to_ask(settings),
    }
    return f"{settings.dialog_url}/{settings.graph_version}/dialog/oauth?{urlencode(query)}"


def _what_to_ask(settings: Settings) -> Mapping[str, str]:
    if settings.config_id is not None:
        # The login configuration names the permissions and shows the asset picker.
        return {"config_id": settings.config_id, "override_default_response_type": "true"}
    # Without `rerequest` Meta silently reuses an earlier grant and its choice of accounts.
    return {"scope": ",".join(SCOPES), "auth_type": "rerequest"}


def code_of(answer: Mapping[str, str]) -> str:
    """Return the code from the redirect's query; raise RejectedError when there is none."""
    if answer.get("code"):
        return answer["code"]
    if "error" in answer or "error_code" in answer or "error_message" in answer:
        raise _refusal(answer)
    raise RejectedError(
        "The login brought no code",
        "The address was opened without the answer of Meta's dialog.",
        "Start again with Connect.",
    )


def _refusal(answer: Mapping[str, str]) -> ConnectorError:
    said = answer.get("error_description") or answer.get("error_message", "")
    if answer.get("error") == "access_denied":
        return RejectedError(
            "The login was cancelled",
            redact(said) or "Access was not granted.",
            "Connect again, pick a WhatsApp Business Account and grant both permissions.",
        )
    if "scope" in said.lower():
        return RejectedError(
            "Meta does not let this app ask for a permission",
            redact(said),
            f"Ask the administrator to add {' and '.join(SCOPES)} to the Meta app, and no other.",
        )
    if re.search(r"redirect|domain", said, re.IGNORECASE):
        # https://developers.facebook.com/docs/facebook-login/security
        error = {"code": ADDRESS_REFUSED, "message": said}
        return error_from_graph(400, {"error": error}, {})
    return RejectedError(
        "The login failed",
        redact(said or answer.get("error_reason", "") or answer.get("error", "")),
        "Connect again. If it stays, ask the administrator to look at the Meta app.",
    )
