"""The connection doctor: looks at every link between Meta and a flow, and names the cure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import httpx

from appmixer.engine.contract import Account, Check, ConnectorError, HostContext

from .app_webhook import SET_UP, read_app_webhook, shortcoming
from .graph import AccountGraph, GraphClient
from .numbers import REGISTERED_PLATFORM
from .settings import Settings, how_to_set
from .shapes import as_object, as_texts
from .tokens import SCOPES, inspect_token

Find = Callable[[], Awaitable[Check]]
Heard = Callable[[str], Awaitable[frozenset[str]]]
ATTEMPT_S = 10.0


async def check_setup(graph: GraphClient, settings: Settings, host: HostContext) -> Sequence[Check]:
    """Look at what the administrator has set up in the Meta app."""
    return [
        await _attempted("configId", lambda: _login(settings, host)),
        await _attempted("webhook", lambda: _app_webhook(graph, settings)),
    ]


async def check_account(
    graph: GraphClient, settings: Settings, account: Account, calls: AccountGraph, heard: Heard
) -> Sequence[Check]:
    """Look at one account: its token, and each WABA it is said to have.

    What is wrong with a WABA is a fault when somebody listens to it, and advice otherwise.
    """
    checks = [await _attempted("token", lambda: _token(graph, settings, account))]
    for position, waba_id in enumerate(waba_ids_of(account)):
        listened = await heard(waba_id)
        found = await _check_waba(waba_id, settings, calls, listened)
        # Actions use the default one, whether or not somebody listens to it.
        if found[0].state == "fault" and position > 0:
            found = [replace(found[0], state=_weight(listened))]
        checks += found
    return checks


def waba_ids_of(account: Account) -> list[str]:
    """Return the WABAs of the account's profile, its default first."""
    default = as_texts([account.profile.get("businessAccountId")])
    return list(dict.fromkeys([*default, *as_texts(account.profile.get("wabaIds"))]))


async def _check_waba(
    waba_id: str, settings: Settings, calls: AccountGraph, heard: frozenset[str]
) -> list[Check]:
    reachable = await _attempted(f"waba {waba_id}", lambda: _waba(waba_id, calls))
    if reachable.state != "fine":
        return [reachable]
    return [
        reachable,
        await _attempted(
            f"subscription {waba_id}", lambda: _subscribed(waba_id, settings, calls, heard)
        ),
        await _attempted(f"numbers {waba_id}", lambda: _numbers(waba_id, calls, heard)),
    ]


async def _attempted(name: str, find: Find) -> Check:
    try:
        return await find()
    except ConnectorError as error:
        finding = " ".join(filter(None, [error.title.rstrip(".") + ".", error.cause]))
        return Check(name, "fault", finding, error.cure)


async def _login(settings: Settings, host: HostContext) -> Check:
    if settings.config_id is None:
        finding = "It is not set, so people see a plain consent screen without a choice of accounts"
        return Check("configId", "advice", f"{finding}.", how_to_set("configId"))
    if await _dialog_refuses(settings, host, config_id=settings.config_id):
        # Refused for another reason, the dialog would refuse to open without it as well.
        if not await _dialog_refuses(settings, host, scope=",".join(SCOPES)):
            return Check(
                "configId",
                "fault",
                f"Meta's login dialog refuses the configuration {settings.config_id}.",
                "Copy the id of an existing one from the Meta app: Facebook Login for Business, "
                f"Configurations. {how_to_set('configId')}",
            )
    # Meta asks a stranger to log in first, so that nothing more can be found out from here.
    return Check("configId", "fine", "It is set, and the login dialog does not refuse it.")


async def _dialog_refuses(settings: Settings, host: HostContext, **asked: str) -> bool:
    query = {
        "client_id": settings.required("clientId"),
        "redirect_uri": f"{host.base_url}/auth/whatsapp/callback",
        "response_type": "code",
        **asked,
    }
    url = f"{settings.dialog_url}/{settings.graph_version}/dialog/oauth"
    try:
        async with host.http.stream("GET", url, params=query, timeout=ATTEMPT_S) as response:
            return response.is_client_error
    except httpx.HTTPError as error:
        host.log.info("login_dialog.not_reached", reason=type(error).__name__)
        return False


async def _app_webhook(graph: GraphClient, settings: Settings) -> Check:
    webhook = await read_app_webhook(graph, settings)
    problem = shortcoming(webhook)
    if webhook is None or problem is not None:
        cause = problem.cause if problem is not None else ""
        return Check("webhook", "fault", cause, SET_UP)
    return Check("webhook", "fine", f"Meta delivers to {webhook.callback_url}.")


async def _token(graph: GraphClient, settings: Settings, account: Account) -> Check:
    facts = await inspect_token(graph, settings, await account.access_token())
    if missing := facts.missing_scopes:
        return Check(
            "token",
            "fault",
            f"The token lacks {' and '.join(missing)}.",
            "Connect the account again and grant every permission it asks for.",
        )
    until = "never" if facts.expires_at is None else f"{facts.expires_at:%Y-%m-%d %H:%M} UTC"
    return Check("token", "fine", f"The token is valid; it expires: {until}.")


async def _waba(waba_id: str, calls: AccountGraph) -> Check:
    node = await calls.get(waba_id, {"fields": "id,name"})
    return Check(f"waba {waba_id}", "fine", f"It is called {node.get('name')!r}.")


async def _subscribed(
    waba_id: str, settings: Settings, calls: AccountGraph, heard: frozenset[str]
) -> Check:
    name = f"subscription {waba_id}"
    async for row in calls.pages(f"{waba_id}/subscribed_apps"):
        app = as_object(row.get("whatsapp_business_api_data"))
        if str(app.get("id")) == settings.client_id:
            elsewhere = row.get("override_callback_uri")
            to = f" to {elsewhere}" if elsewhere else ""
            return Check(name, "fine", f"Its events are delivered{to}.")
    return Check(
        name,
        _weight(heard),
        "Its events are not delivered to this app.",
        "Start a flow with a trigger for it; the trigger subscribes the account.",
    )


async def _numbers(waba_id: str, calls: AccountGraph, heard: frozenset[str]) -> Check:
    fields = {"fields": "id,display_phone_number,platform_type"}
    numbers = [each async for each in calls.pages(f"{waba_id}/phone_numbers", fields)]
    name = f"numbers {waba_id}"
    idle = [each for each in numbers if each.get("platform_type") != REGISTERED_PLATFORM]
    # One that is named is missed; of those that are listened to together one is enough.
    is_missed = len(idle) == len(numbers) or heard & {str(each.get("id")) for each in idle}
    state = _weight(heard) if is_missed else "advice"
    if not numbers:
        return Check(name, state, "It has no phone number.", _ADD_A_NUMBER)
    if idle:
        return Check(name, state, f"Not registered for the Cloud API: {_shown(idle)}.", _REGISTER)
    return Check(name, "fine", f"Registered numbers: {len(numbers)}.")


def _weight(heard: frozenset[str]) -> Literal["advice", "fault"]:
    return "fault" if heard else "advice"


def _shown(numbers: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(str(each.get("display_phone_number", each.get("id"))) for each in numbers)


_ADD_A_NUMBER = "Add and verify a phone number in WhatsApp Manager."
_REGISTER = "Run Ensure Sender Phone Number Registered once for each number you send from."
