"""Business portfolios: what they own and share, and what a partner may ask for them."""

from __future__ import annotations

from ...protocol.errors import MetaError, missing_permission, refused, unknown_object
from ...protocol.shapes import Json, is_array, is_object
from ...protocol.signing import proof_of, same
from ...world.entities import KNOWN_SCOPES, Business, Token, User
from ..call import Answer, Call, loads
from ..login import tokens
from .checks import flag

# https://developers.facebook.com/docs/marketing-api/system-users/install-apps-and-generate-tokens
SIXTY_DAYS_S = 60 * 24 * 3600


async def system_user_token(call: Call) -> Answer:
    """A token of a system user: a new one, or with `fetch_only` the one there is."""
    world, business = call.world, call.business()
    bearer = call.bearer()
    app = world.apps[bearer.app_id]
    proof = str(call.parameters.get("appsecret_proof") or "")
    if not same(proof, proof_of(bearer.value, app.secret)):
        raise MetaError(
            100,
            "Invalid appsecret_proof provided in the API argument",
            kind="GraphMethodException",
        )
    if flag(call, "fetch_only"):
        return _fetched(call, business)
    user_id = call.need("system_user_id")
    user = world.users.get(user_id)
    if user is None or not user.is_system or business.id not in user.business_ids:
        raise unknown_object(call.method, user_id)
    scopes = call.listed("scope")
    unknown = [scope for scope in scopes if scope not in KNOWN_SCOPES]
    if unknown or not scopes:
        raise MetaError(100, "(#100) Param scope must be a list of valid permissions")
    beyond = [scope for scope in scopes if scope not in bearer.scopes]
    if beyond:
        raise missing_permission(f"The token cannot grant {beyond[0]}")
    expires = flag(call, "set_token_expires_in_60_days")
    token = tokens.issue(
        world,
        app_id=app.id,
        user=user,
        kind="SYSTEM_USER",
        scopes={scope: _reach(bearer, user, scope) for scope in scopes},
        life_s=SIXTY_DAYS_S if expires else None,
    )
    return {"access_token": token.value}


async def onboard_to_marketing_messages(call: Call) -> Answer:
    """Invite a client to the Marketing Messages API; it stays invited."""
    world, business = call.world, call.business()
    if business.marketing_invitation is not None:
        raise refused(1752041)
    business.marketing_invitation = world.new_id()
    for waba_id in business.owned_waba_ids:
        if world.wabas[waba_id].marketing_messages_status == "ELIGIBLE":
            world.wabas[waba_id].marketing_messages_status = "ONBOARDED"
    return {"request_id": business.marketing_invitation}


def filtered(ids: list[str], call: Call) -> list[str]:
    """The accounts that `filtering` leaves; Graph filters these lists by when they were made."""
    known = call.world.wabas
    for rule in _rules(call.parameters.get("filtering")):
        if not is_object(rule) or rule.get("field") not in ("id", "name", "creation_time"):
            raise MetaError(100, "(#100) Filtering field is not supported.")
        ids = [waba_id for waba_id in ids if _passes(known[waba_id].name, waba_id, rule)]
    return ids


def _rules(given: object) -> list[object]:
    if given is None or given == "":
        return []
    rules = loads(given, "filtering") if isinstance(given, str) else given
    if not is_array(rules):
        raise MetaError(100, "(#100) Param filtering must be an array.")
    return list(rules)


def _passes(name: str, waba_id: str, rule: Json) -> bool:
    value = rule.get("value")
    have = name if rule["field"] == "name" else waba_id
    operator = rule.get("operator")
    if rule["field"] == "creation_time":
        # Everything in the sandbox is as old as the sandbox.
        return operator in ("GREATER_THAN", "GREATER_THAN_OR_EQUAL")
    if operator == "CONTAIN":
        return str(value).lower() in have.lower()
    if operator not in ("EQUAL", "IN"):
        raise MetaError(100, "(#100) Filtering operator is not supported.")
    return have in [str(one) for one in (value if is_array(value) else [value])]


def _fetched(call: Call, business: Business) -> Json:
    app_id = call.bearer().app_id
    for token in reversed(call.world.tokens.values()):
        user = token.user
        is_theirs = user is not None and user.is_system and business.id in user.business_ids
        if is_theirs and token.app_id == app_id and token.kind == "SYSTEM_USER":
            try:
                tokens.check(call.world, token)
            except MetaError:
                continue
            return {"access_token": token.value}
    raise missing_permission("No system user token of this business was issued to the app")


def _reach(bearer: Token, user: User, scope: str) -> frozenset[str] | None:
    """What the new token reaches: nothing that the asking one does not."""
    own, limited = frozenset(user.waba_ids), bearer.scopes[scope]
    if not scope.startswith("whatsapp_"):
        return None
    return own if limited is None else own & limited
