"""Which WhatsApp Business Accounts a token reaches: looked for, and proven by reading each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from appmixer.engine.contract import ConfigurationError, JsonObject, RejectedError

from ..plugin.configuration.settings import Settings, how_to_set
from ..plugin.foreign_json.shapes import as_object, as_objects, as_text, as_texts
from ..plugin.graph.client import GraphClient
from ..plugin.graph.ids import graph_id
from ..plugin.setup.tokens import TokenFacts

EDGES = ("owned_whatsapp_business_accounts", "client_whatsapp_business_accounts")
NOTHING_SELECTED = "No WhatsApp Business Account selected during authentication"
BUSINESS_MANAGEMENT = "business_management"
MAX_LISTED = 100
# What Meta answers about an object that the token may not read, or no longer.
# https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
NO_ACCESS = (10, 100, *range(200, 300))


async def reached_wabas(
    graph: GraphClient, token: str, facts: TokenFacts | None, known: Iterable[str] = ()
) -> dict[str, str]:
    """Return name by id of each WABA that Meta lets the token read now, in Meta's order.

    `known` are those that were proven before. They count where Meta does not list what a token
    reaches: for a grant without limits, or without the app's secret (then `facts` is None).
    """
    if facts is not None and not facts.is_unrestricted:
        candidates = list(facts.waba_ids)
    else:
        candidates = [*await _looked_up(graph, token, facts), *known]
    reached: dict[str, str] = {}
    for waba_id in dict.fromkeys(candidates):
        name = await read_waba(graph, token, waba_id)
        if name is not None:
            reached[waba_id] = name
    return reached


async def read_waba(graph: GraphClient, token: str, waba_id: str) -> str | None:
    """Return the name of a WABA, or None if the token may not read it or it is none."""
    # Only a WABA has a namespace of templates; a portfolio or a page would have a name as well.
    fields = {"fields": "id,name,message_template_namespace"}
    path = graph_id(waba_id, field="businessAccountId")
    try:
        node = await graph.get(path, token=token, params=fields)
    except RejectedError as error:
        if _is_no_access(error):
            return None
        raise
    return as_text(node.get("name"))


async def read_profile(graph: GraphClient, token: str) -> tuple[str, str]:
    """Return id and name of whoever the token belongs to."""
    me = await graph.get("me", token=token, params={"fields": "id,name"})
    return as_text(me.get("id")), as_text(me.get("name"))


def profile(
    person_id: str, name: str, reached: Mapping[str, str], scopes: Iterable[str], default: str = ""
) -> JsonObject:
    """Put together what components may know of the account; the first WABA is the default."""
    waba_ids = list(reached)
    return {
        "id": person_id,
        "name": name,
        "businessAccountId": default if default in reached else next(iter(waba_ids), ""),
        "wabaIds": waba_ids,
        "wabaNames": {waba_id: named or waba_id for waba_id, named in reached.items()},
        "scopes": sorted(scopes),
    }


def nothing_selected() -> RejectedError:
    """Explain why an account without any WABA is not taken."""
    return RejectedError(
        NOTHING_SELECTED,
        "Without one the account could neither send nor receive, so it was not connected.",
        "Connect again and tick a WhatsApp Business Account when Meta asks which to share. If none "
        "is offered, add one with a verified phone number in Meta Business Manager first: "
        "Settings, Business Settings, Accounts, WhatsApp Accounts.",
    )


def which_one(settings: Settings) -> str:
    """Ask for the WABA that a grant without limits is used for, when none can be found."""
    why = (
        "Meta gave access without saying to which WhatsApp Business Accounts, and does not let the "
        "login list them. Give the id of yours: it stands on top of the account in Meta's business "
        "settings, under Accounts, WhatsApp Accounts. The login has to prove that it reaches it."
    )
    if settings.config_id is None:
        why += (
            f" Administrator: a login configuration lets people pick it. {how_to_set('configId')}"
        )
    return why


def not_shared(waba_id: str, known: JsonObject) -> RejectedError:
    """Say which WABAs there are instead; one of somebody else's is as good as none."""
    names = as_object(known.get("wabaNames"))
    listed = ", ".join(f"{name} ({each})" for each, name in names.items())
    return RejectedError(
        f"WhatsApp Business Account {waba_id} was not shared with this account",
        f"Its login reaches {listed}." if listed else "Its login does not let it be read.",
        "Check the id: it stands on top of the account in Meta's business settings, under "
        "Accounts, WhatsApp Accounts. To share another one, connect the account again.",
        "businessAccountId",
    )


def missing_permissions(facts: TokenFacts) -> RejectedError:
    """Name the permissions that were declined or are not in the login configuration."""
    return RejectedError(
        f"Permission missing: {' and '.join(facts.missing_scopes)}",
        "It was declined in Meta's dialog, or the login configuration does not ask for it.",
        "Connect again and grant both permissions. Administrator: check that the login "
        "configuration of the Meta app lists them.",
    )


async def _looked_up(graph: GraphClient, token: str, facts: TokenFacts | None) -> list[str]:
    """Look where a token may look; finding nothing is an answer."""
    found = await _of_businesses(graph, token)
    if facts is not None:
        for business_id in facts.targets.get(BUSINESS_MANAGEMENT) or ():
            for edge in EDGES:
                found += await _ids_at(graph, token, f"{graph_id(business_id)}/{edge}")
        if facts.user_id:
            edge = f"{graph_id(facts.user_id)}/assigned_whatsapp_business_accounts"
            found += await _ids_at(graph, token, edge)
    return list(dict.fromkeys(found))


async def _of_businesses(graph: GraphClient, token: str) -> list[str]:
    fields = ",".join(f"{edge}.limit({MAX_LISTED}){{id,name}}" for edge in EDGES)
    found: list[str] = []
    try:
        async for business in graph.pages("me/businesses", token=token, params={"fields": fields}):
            for edge in EDGES:
                found += _ids(as_objects(as_object(business.get(edge)).get("data")))
    except RejectedError as error:
        # It takes business_management, which the connector does without.
        if not _is_no_access(error):
            raise
    return found


async def _ids_at(graph: GraphClient, token: str, path: str) -> list[str]:
    try:
        rows = [row async for row in graph.pages(path, token=token, params={"fields": "id"})]
    except RejectedError as error:
        if not _is_no_access(error):
            raise
        return []
    return _ids(rows)


def _ids(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return as_texts([row.get("id") for row in rows])


def _is_no_access(error: RejectedError) -> bool:
    return not isinstance(error, ConfigurationError) and error.code in NO_ACCESS
