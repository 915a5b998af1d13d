"""Which WhatsApp Business Accounts a login has shared."""

from __future__ import annotations

from typing import Any

from appmixer.engine.contract import JsonObject, RejectedError

from ..plugin.graph import GraphClient
from ..plugin.settings import Settings, how_to_set
from ..plugin.shapes import as_object, as_objects, as_text
from ..plugin.tokens import TokenFacts

EDGES = ("owned_whatsapp_business_accounts", "client_whatsapp_business_accounts")
NOTHING_SELECTED = "No WhatsApp Business Account selected during authentication"


async def discover_wabas(graph: GraphClient, token: str, facts: TokenFacts) -> list[str]:
    """Return the ids of the WABAs that Meta says the token reaches, each once."""
    if facts.waba_ids or not facts.is_unrestricted:
        return list(facts.waba_ids)
    return await wabas_of_businesses(graph, token)


async def wabas_of_businesses(graph: GraphClient, token: str) -> list[str]:
    """Return the WABAs of the person's businesses; none where the token may not look."""
    fields = ",".join(f"{edge}{{id,name}}" for edge in EDGES)
    found: dict[str, None] = {}
    try:
        async for business in graph.pages("me/businesses", token=token, params={"fields": fields}):
            found |= dict.fromkeys(_wabas_of(business))
    except RejectedError:
        # It takes business_management, which the connector does without: not finding is an answer.
        return list(found)
    return list(found)


async def read_profile(graph: GraphClient, token: str) -> tuple[str, str]:
    """Return id and name of whoever the token belongs to."""
    me = await graph.get("me", token=token, params={"fields": "id,name"})
    return as_text(me.get("id")), as_text(me.get("name"))


def profile(person_id: str, name: str, waba_ids: list[str], scopes: frozenset[str]) -> JsonObject:
    """Put together what components may know of the account; the first WABA is the default."""
    return {
        "id": person_id,
        "name": name,
        "businessAccountId": waba_ids[0],
        "wabaIds": waba_ids,
        "scopes": sorted(scopes),
    }


def nothing_selected(settings: Settings, facts: TokenFacts) -> RejectedError:
    """Explain why an account without any WABA is not taken."""
    cure = (
        "Connect again and tick a WhatsApp Business Account when Meta asks which to share. If none "
        "is offered, add one with a verified phone number in Meta Business Manager first: "
        "Settings, Business Settings, Accounts, WhatsApp Accounts."
    )
    cause = "Without one the account could neither send nor receive, so it was not connected."
    if facts.is_unrestricted and settings.config_id is None:
        cause += " Meta showed no choice, because the connector has no login configuration."
        cure += f" Administrator: create one. {how_to_set('configId')}"
    return RejectedError(NOTHING_SELECTED, cause, cure)


def missing_permissions(facts: TokenFacts) -> RejectedError:
    """Name the permissions that were declined or are not in the login configuration."""
    return RejectedError(
        f"Permission missing: {' and '.join(facts.missing_scopes)}",
        "It was declined in Meta's dialog, or the login configuration does not ask for it.",
        "Connect again and grant both permissions. Administrator: check that the login "
        "configuration of the Meta app lists them.",
    )


def _wabas_of(business: dict[str, Any]) -> list[str]:
    edges = [as_objects(as_object(business.get(edge)).get("data")) for edge in EDGES]
    ids = [as_text(waba.get("id")) for wabas in edges for waba in wabas]
    return [each for each in ids if each]
