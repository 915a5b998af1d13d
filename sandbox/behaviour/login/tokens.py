"""Access tokens: where they come from, how long they live, and what they say of themselves."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from ...protocol.errors import MetaError, missing_permission, unknown_field, unknown_object
from ...protocol.fields import pick
from ...protocol.shapes import Json
from ...protocol.signing import same
from ...world.entities import (
    MANAGEMENT,
    PUBLIC_PROFILE,
    App,
    AuthorizationCode,
    Grant,
    Token,
    TokenKind,
    User,
)
from ...world.world import World
from ..call import Answer, Call, success
from . import addresses, signup

# https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived
SHORT_LIFE_S = 5400
LONG_LIFE_S = 5183944
SIXTY_DAYS_S = 60 * 24 * 3600
DATA_ACCESS_LIFE_S = 90 * 24 * 3600
GRANT_TYPES = ("fb_exchange_token", "client_credentials", "authorization_code")


async def access_token(call: Call) -> Answer:
    grant = str(call.parameters.get("grant_type") or "authorization_code")
    if grant not in GRANT_TYPES:
        raise MetaError(1, f"Unsupported grant_type: {grant}")
    app = _client(call)
    if grant == "client_credentials":
        return {"access_token": f"{app.id}|{app.secret}", "token_type": "bearer"}
    if grant == "fb_exchange_token":
        return _exchange_token(call, app)
    return _exchange_code(call, app)


async def debug(call: Call) -> Answer:
    world = call.world
    inspector = call.bearer()
    is_developer = inspector.user is not None and inspector.app_id in inspector.user.developer_of
    value = call.need("input_token")
    if inspector.kind != "APP" and not is_developer and inspector.value != value:
        raise MetaError(
            100,
            "(#100) You must provide an app access token, or a user access token that is an "
            "owner or developer of the app",
        )
    token = find(world, value)
    if token is None:
        message = "Invalid OAuth access token - Cannot parse access token"
        error: Json = {"code": 190, "message": message}
        return {"data": {"error": error, "is_valid": False, "scopes": []}}
    if token.app_id != inspector.app_id:
        raise MetaError(100, "(#100) The App_id in the input_token did not match the Viewing App")
    return {"data": inspected(world, token)}


async def me(call: Call) -> Answer:
    user = call.bearer().user
    if user is None:
        app = call.world.apps[call.bearer().app_id]
        return pick(
            {"id": lambda _: app.id, "name": lambda _: app.name}, call.fields(), ("name",), "App"
        )
    return _show_user(call, user)


async def get_user(call: Call) -> Answer:
    return _show_user(call, call.user())


async def my_permissions(call: Call) -> Answer:
    token = call.bearer()
    return {"data": [{"permission": scope, "status": "granted"} for scope in _scopes(token)]}


async def revoke_mine(call: Call) -> Answer:
    """DELETE /me/permissions: the app loses everything; with a name, that permission."""
    token = call.bearer()
    if token.user is None:
        raise missing_permission("An app token has no permissions to revoke", code=10)
    return _revoke(call, token.user, token.app_id, call.rest)


async def revoke_users(call: Call) -> Answer:
    token, user = call.bearer(), call.user()
    if token.kind != "APP" and (token.user is None or token.user.id != user.id):
        raise unknown_object(call.method, user.id)
    return _revoke(call, user, token.app_id, call.rest)


async def revoke_token(call: Call) -> Answer:
    """GET /oauth/revoke: the form for system user tokens."""
    app = _client(call)
    token = find(call.world, call.need("revoke_token"))
    if token is None or token.app_id != app.id:
        raise invalid_token()
    token.revoked_subcode = 467
    return success()


def find(world: World, value: str) -> Token | None:
    """A token by its value, valid or not; `app-id|app-secret` is one by itself."""
    known = world.tokens.get(value)
    if known is not None:
        return known
    app_id, bar, secret = value.partition("|")
    app = world.apps.get(app_id)
    if not bar or app is None or not same(secret, app.secret):
        return None
    return Token(value, app.id, "APP", None, {}, 0, 0, 0)


def check(world: World, token: Token) -> None:
    """Refuse a token that ran out or was taken back."""
    now = world.clock.now()
    if token.revoked_subcode is not None:
        raise _revoked(token.revoked_subcode)
    if token.expires_at and now >= token.expires_at:
        raise MetaError(190, _expired_text(token, now), http_status=401, subcode=463)


def invalid_token() -> MetaError:
    return MetaError(190, "Invalid OAuth access token - Cannot parse access token", http_status=401)


def issue(
    world: World,
    *,
    app_id: str,
    user: User,
    kind: TokenKind,
    scopes: dict[str, frozenset[str] | None],
    life_s: int | None,
) -> Token:
    now = int(world.clock.now())
    token = Token(
        value="EAA" + secrets.token_urlsafe(48).replace("-", "Z").replace("_", "Z"),
        app_id=app_id,
        kind=kind,
        user=user,
        scopes=dict(scopes),
        issued_at=now,
        expires_at=0 if life_s is None else now + life_s,
        data_access_expires_at=now + DATA_ACCESS_LIFE_S if kind == "USER" else 0,
    )
    world.tokens[token.value] = token
    return token


def inspected(world: World, token: Token) -> Json:
    """What debug_token says about a token."""
    app, now = world.apps[token.app_id], world.clock.now()
    shown: Json = {"app_id": app.id, "type": token.kind, "application": app.name}
    if token.kind == "APP":
        return {**shown, "is_valid": True, "scopes": []}
    try:
        check(world, token)
    except MetaError as refusal:
        message = refusal.message.split(" The current time")[0]
        shown["error"] = {"code": 190, "message": message, "subcode": refusal.subcode}
    is_valid = "error" not in shown
    shown |= {
        "data_access_expires_at": token.data_access_expires_at,
        "expires_at": token.expires_at,
        "is_valid": is_valid,
    }
    if is_valid:
        shown["issued_at"] = min(token.issued_at, int(now))
    shown["scopes"] = _scopes(token) if is_valid else []
    if is_valid:
        shown["granular_scopes"] = [
            {"scope": scope} if targets is None else {"scope": scope, "target_ids": sorted(targets)}
            for scope, targets in token.scopes.items()
            if scope.startswith("whatsapp_")
        ]
    if token.user is not None:
        shown["user_id"] = token.user.id
    return shown


def _client(call: Call) -> App:
    app = call.world.apps.get(str(call.parameters.get("client_id") or ""))
    if app is None:
        raise MetaError(101, "Error validating application. Cannot get application info.")
    if not same(str(call.parameters.get("client_secret") or ""), app.secret):
        raise MetaError(1, "Error validating client secret.")
    return app


def _exchange_code(call: Call, app: App) -> Json:
    world = call.world
    value = call.parameters.get("code")
    if not value:
        raise MetaError(100, "Missing authorization code")
    code = world.codes.get(str(value))
    if code is None or code.app_id != app.id:
        raise MetaError(100, "Invalid verification code format.")
    _check_code(world, app, code, call.parameters.get("redirect_uri"))
    code.used = True
    token = issue(
        world,
        app_id=app.id,
        user=code.user,
        kind=code.kind,
        scopes=code.scopes,
        life_s=code.life_s,
    )
    return _issued(world, token)


def _check_code(world: World, app: App, code: AuthorizationCode, redirect_uri: object) -> None:
    if code.used:
        raise MetaError(100, "This authorization code has been used.", subcode=36009)
    if world.clock.now() >= code.expires_at:
        raise MetaError(100, "This authorization code has expired.", subcode=36007)
    if redirect_uri and addresses.refusal(app, str(redirect_uri)) == addresses.FOREIGN_DOMAIN:
        raise MetaError(191, addresses.FOREIGN_DOMAIN)
    if (redirect_uri or None) != code.redirect_uri:
        raise MetaError(
            100,
            "Error validating verification code. Please make sure your redirect_uri is identical "
            "to the one you used in the OAuth dialog request",
            subcode=36008,
        )


def _exchange_token(call: Call, app: App) -> Json:
    world = call.world
    token = find(world, call.need("fb_exchange_token"))
    if token is None or token.app_id != app.id or token.user is None:
        raise invalid_token()
    check(world, token)
    refreshes = str(call.parameters.get("set_token_expires_in_60_days")).lower() in ("true", "1")
    if token.kind == "SYSTEM_USER" and not refreshes:
        # Only user tokens get a longer life this way; a system user's token stays what it is.
        return _issued(world, token)
    longer = issue(
        world,
        app_id=app.id,
        user=token.user,
        kind=token.kind,
        scopes=token.scopes,
        life_s=SIXTY_DAYS_S if token.kind == "SYSTEM_USER" else LONG_LIFE_S,
    )
    return _issued(world, longer)


def _issued(world: World, token: Token) -> Json:
    answer: Json = {"access_token": token.value, "token_type": "bearer"}
    if token.expires_at:
        answer["expires_in"] = token.expires_at - int(world.clock.now())
    return answer


def _scopes(token: Token) -> list[str]:
    scopes = list(token.scopes)
    if token.kind == "USER" and PUBLIC_PROFILE not in scopes:
        scopes.append(PUBLIC_PROFILE)
    return scopes


def _show_user(call: Call, user: User) -> Json:
    first, _, last = user.name.partition(" ")
    known = {"name": user.name, "id": user.id, "first_name": first, "last_name": last}
    shown: Json = {}
    for selected in call.fields():
        if selected.name not in known:
            raise unknown_field(selected.name, "User")
        shown[selected.name] = known[selected.name]
    return {**(shown or {"name": user.name}), "id": user.id}


def _revoke(call: Call, user: User, app_id: str, scope: str) -> Json:
    world = call.world
    grant = world.grants.get((app_id, user.id))
    if grant is not None:
        if scope:
            grant.scopes.pop(scope, None)
        else:
            _tell_partner(world, app_id, user, grant)
            del world.grants[app_id, user.id]
    for token in world.tokens.values():
        if token.app_id != app_id or token.user is None or token.user.id != user.id:
            continue
        if scope:
            token.scopes.pop(scope, None)
        else:
            token.revoked_subcode = 458
    return success()


def _tell_partner(world: World, app_id: str, user: User, grant: Grant) -> None:
    """Whoever takes everything back has removed the app from their accounts."""
    reach = grant.scopes.get(MANAGEMENT, frozenset())
    for waba_id in user.waba_ids if reach is None else sorted(reach):
        if waba_id in world.wabas:
            signup.tell_partner(
                world, world.apps[app_id], world.wabas[waba_id], "PARTNER_APP_UNINSTALLED"
            )


def _revoked(subcode: int) -> MetaError:
    said = {
        458: "The user has not authorized the application.",
        460: "The session has been invalidated because the user changed their password or "
        "Facebook has changed the session for security reasons.",
        467: "The session is invalid because it was revoked.",
    }.get(subcode, "The session is invalid.")
    return MetaError(
        190, f"Error validating access token: {said}", http_status=401, subcode=subcode
    )


def _expired_text(token: Token, now: float) -> str:
    def said(moment: float) -> str:
        return datetime.fromtimestamp(moment, UTC).strftime("%A, %d-%b-%y %H:%M:%S UTC")

    return (
        f"Error validating access token: Session has expired on {said(token.expires_at)}. "
        f"The current time is {said(now)}."
    )
