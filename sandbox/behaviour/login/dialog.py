"""The login dialog at `/{version}/dialog/oauth`, drivable by hand or by an HTTP client.

`GET` shows one HTML form without scripts, which posts to its own address, query included. Its
fields:

- `decision`: `approve` or `cancel`;
- `scopes`: one value for each permission that stays granted (leave one out to decline it);
- `waba_ids`: one value for each WhatsApp Business Account that is shared (none: nothing is shared);
  only where the page offers a picker, that is with `config_id` or `auth_type=rerequest`, unless
  the setting `login` says otherwise;
- `user_id`: who is logged in at Facebook; without it the seeded user.

- `phone_number_id`: the number an Embedded Signup is about (without it the account's first).

The answer to the post is a `302` to `redirect_uri` with `code` and `state`, or with
`error=access_denied`. A request that cannot be trusted with a redirect gets an error page.

Embedded Signup (a login configuration of that kind) may come without `redirect_uri`, as Meta's
script opens it: then the answer is a page that posts the session event and the code to the window
that opened it, and closes.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from starlette.datastructures import ImmutableMultiDict, QueryParams
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ...protocol.shapes import Json
from ...world.entities import KNOWN_SCOPES, App, AuthorizationCode, Grant, LoginConfiguration, User
from ...world.world import World
from . import addresses, signup
from .pages import dialog_page, error_page, signup_page
from .tokens import SHORT_LIFE_S

CODE_LIFE_S = 600.0
# In the address of the dialog: the person wants the picker back.
EDITING = "edit_settings"


@dataclass(frozen=True)
class LoginRequest:
    """A dialog address that was understood."""

    app: App
    user: User
    redirect_uri: str | None
    """None for Embedded Signup in a window of its own."""
    state: str | None
    scopes: tuple[str, ...]
    configuration: LoginConfiguration | None
    asks_again: bool
    prefers_earlier: bool
    earlier: Grant | None

    @property
    def has_picker(self) -> bool:
        return self.may_pick and not (self.prefers_earlier and self._is_granted)

    @property
    def may_pick(self) -> bool:
        return self.configuration is not None or self.asks_again

    @property
    def is_signup(self) -> bool:
        return self.configuration is not None and self.configuration.is_signup

    @property
    def reuses_grant(self) -> bool:
        """Without rerequest, what was granted once is granted again without a question."""
        return not self.has_picker and self._is_granted

    @property
    def _is_granted(self) -> bool:
        earlier = self.earlier
        return earlier is not None and all(scope in earlier.scopes for scope in self.scopes)


class DialogError(Exception):
    """The dialog cannot be shown, and nobody can safely be sent back."""


def show(world: World, query: QueryParams) -> Response:
    try:
        request = understood(world, query, query.get("user_id"))
    except DialogError as wrong:
        return HTMLResponse(error_page(str(wrong)), status_code=400)
    wabas = [world.wabas[waba_id] for waba_id in request.user.waba_ids]
    numbers = [number for waba in wabas for number in world.numbers_of(waba)]
    others = [user for user in people_who_log_in(world) if user.id != request.user.id]
    switches = {user.name: f"?{urlencode({**query, 'user_id': user.id})}" for user in others}
    return HTMLResponse(
        dialog_page(
            app_name=request.app.name,
            user=request.user,
            scopes=request.scopes,
            wabas=wabas if request.has_picker else None,
            numbers=numbers if request.is_signup else None,
            reuses_grant=request.reuses_grant,
            editing=f"?{urlencode({**query, EDITING: '1'})}" if request.may_pick else None,
            switches=switches,
        )
    )


def decide(world: World, query: QueryParams, form: Mapping[str, object]) -> Response:
    """What the person pressed."""
    answers = Answers(form)
    try:
        request = understood(world, query, answers.one("user_id") or query.get("user_id"))
        decision = answers.one("decision")
        if decision not in ("approve", "cancel"):
            raise DialogError("The form has no decision: send decision=approve or decision=cancel.")
        if request.is_signup:
            return _sign_up(world, request, answers)
        if decision == "cancel":
            return _redirect(request, _denied())
        code = _approve(world, request, answers)
    except (DialogError, signup.SignupError) as wrong:
        return HTMLResponse(error_page(str(wrong)), status_code=400)
    return _redirect(request, {"code": code.value})


def understood(world: World, query: QueryParams, user_id: str | None) -> LoginRequest:
    app = world.apps.get(query.get("client_id", ""))
    if app is None:
        raise DialogError("Invalid App ID: the provided app ID does not look like a valid app ID.")
    shown = world.settings.login
    if shown == "plain":
        stored = app.configurations.get(query.get("config_id", ""))
        configuration = None
    else:
        stored = configuration = _configuration(app, query.get("config_id"))
    redirect_uri = _redirect_uri(app, query.get("redirect_uri", ""), configuration)
    if query.get("response_type", "code") != "code":
        raise DialogError("Only response_type=code is supported.")
    asked = stored.scopes if stored is not None else _scopes(query.get("scope", ""))
    scopes = _allowed(asked, world.settings.refused_scopes)
    users = {user.id: user for user in people_who_log_in(world)}
    user = users.get(user_id) if user_id else next(iter(users.values()))
    if user is None:
        raise DialogError("There is no such user in this sandbox.")
    return LoginRequest(
        app=app,
        user=user,
        redirect_uri=redirect_uri,
        state=query.get("state"),
        scopes=scopes,
        configuration=configuration,
        asks_again=query.get("auth_type") == "rerequest",
        # A screen of Meta's own that comes with rerequest too; a signup never shortens itself.
        prefers_earlier=shown == "continueAs"
        and EDITING not in query
        and not (configuration is not None and configuration.is_signup),
        earlier=world.grants.get((app.id, user.id)),
    )


def people_who_log_in(world: World) -> list[User]:
    """Users who are people; system users have tokens and no face."""
    return [user for user in world.users.values() if not user.is_system]


def _redirect_uri(app: App, uri: str, configuration: LoginConfiguration | None) -> str | None:
    if not uri and configuration is not None and configuration.is_signup:
        return None
    wrong = addresses.refusal(app, uri)
    if wrong is not None:
        raise DialogError(wrong)
    return uri


def _configuration(app: App, config_id: str | None) -> LoginConfiguration | None:
    if config_id is None:
        return None
    configuration = app.configurations.get(config_id)
    if configuration is None:
        raise DialogError("The app has no login configuration with this config_id.")
    return configuration


def _scopes(text: str) -> tuple[str, ...]:
    asked = tuple(dict.fromkeys(part for part in text.replace(",", " ").split() if part))
    return _allowed(asked, [scope for scope in asked if scope not in KNOWN_SCOPES])


def _allowed(asked: tuple[str, ...], refused: Sequence[str]) -> tuple[str, ...]:
    wrong = [scope for scope in asked if scope in refused]
    if wrong:
        raise DialogError(
            f"Invalid Scopes: {', '.join(wrong)}. This message is only shown to developers. Users "
            "of your app will ignore these permissions if present. Please read the documentation "
            "for valid permissions at: https://developers.facebook.com/docs/facebook-login/permissions"
        )
    return asked


class Answers:
    """The posted form; a name may come more than once."""

    def __init__(self, form: Mapping[str, object]) -> None:
        self._form = form

    def one(self, name: str) -> str | None:
        value = self._form.get(name)
        return value if isinstance(value, str) else None

    def many(self, name: str) -> list[str]:
        if isinstance(self._form, ImmutableMultiDict):
            values: list[object] = list(self._form.getlist(name))
        else:
            values = [self._form.get(name)]
        return [value for value in values if isinstance(value, str)]


def _approve(world: World, request: LoginRequest, answers: Answers) -> AuthorizationCode:
    if request.reuses_grant and request.earlier is not None:
        granted = {scope: request.earlier.scopes[scope] for scope in request.scopes}
    else:
        granted = _granted(request, answers)
        earlier = request.earlier.scopes if request.earlier is not None else {}
        declined = [scope for scope in request.scopes if scope not in granted]
        kept = {scope: reach for scope, reach in earlier.items() if scope not in declined}
        world.grants[request.app.id, request.user.id] = Grant({**kept, **granted})
    configuration = request.configuration
    code = AuthorizationCode(
        value="AQ" + secrets.token_urlsafe(48),
        app_id=request.app.id,
        user=request.user,
        scopes=granted,
        redirect_uri=request.redirect_uri,
        expires_at=world.clock.now() + CODE_LIFE_S,
        kind="USER" if configuration is None else "SYSTEM_USER",
        life_s=SHORT_LIFE_S if configuration is None else configuration.token_life_s,
    )
    world.codes[code.value] = code
    return code


def _sign_up(world: World, request: LoginRequest, answers: Answers) -> Response:
    """The wizard's end: a code for 30 seconds, and the event for the page that opened it."""
    configuration = request.configuration
    if configuration is None:
        raise DialogError("Embedded Signup needs a login configuration.")
    if answers.one("decision") == "cancel":
        event = signup.cancelled(4, "PHONE_NUMBER_SETUP")
        return _ended(request, event, _denied())
    granted = [scope for scope in answers.many("scopes") if scope in request.scopes]
    choice = signup.Choice(
        user=request.user,
        waba_ids=tuple(answers.many("waba_ids")),
        number_id=answers.one("phone_number_id") or None,
        scopes=tuple(granted),
    )
    code, event = signup.onboard(world, request.app, configuration, choice)
    code.redirect_uri = request.redirect_uri
    return _ended(request, event, {"code": code.value})


def _ended(request: LoginRequest, event: Json, answer: dict[str, str]) -> Response:
    if request.redirect_uri is not None:
        return _redirect(request, answer)
    said = {**answer, "state": request.state} if request.state is not None else dict(answer)
    return HTMLResponse(signup_page(signup.as_message(event), said))


def _granted(request: LoginRequest, answers: Answers) -> dict[str, frozenset[str] | None]:
    chosen = [scope for scope in answers.many("scopes") if scope in request.scopes]
    picked = answers.many("waba_ids")
    foreign = [waba_id for waba_id in picked if waba_id not in request.user.waba_ids]
    if foreign:
        raise DialogError(f"{request.user.name} has no WhatsApp Business Account {foreign[0]}.")
    reach = frozenset(picked) if request.has_picker else None
    return {scope: reach if scope.startswith("whatsapp_") else None for scope in chosen}


def _denied() -> dict[str, str]:
    return {
        "error": "access_denied",
        "error_code": "200",
        "error_description": "Permissions error",
        "error_reason": "user_denied",
    }


def _redirect(request: LoginRequest, answer: dict[str, str]) -> Response:
    if request.redirect_uri is None:
        raise DialogError("This login has no address to go back to.")
    if request.state is not None:
        answer["state"] = request.state
    parts = urlsplit(request.redirect_uri)
    query = f"{parts.query}&{urlencode(answer)}" if parts.query else urlencode(answer)
    return RedirectResponse(urlunsplit(parts._replace(query=query)), status_code=302)
