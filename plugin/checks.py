"""The connection doctor: looks at every link between Meta and a flow, and names the cure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from appmixer.engine.contract import Account, Check, ConnectorError

from .app_webhook import SET_UP, read_app_webhook, shortcoming
from .graph import AccountGraph, GraphClient
from .settings import Settings, how_to_set
from .shapes import as_object, as_texts
from .tokens import inspect_token

Find = Callable[[], Awaitable[Check]]
# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/phone-numbers
REGISTERED = "CLOUD_API"


async def check_setup(graph: GraphClient, settings: Settings) -> Sequence[Check]:
    """Look at what the administrator has set up, here and in the Meta app."""
    checks = [
        _configured("clientId", settings.client_id),
        _configured("clientSecret", settings.client_secret),
        _configured("verifyToken", settings.verify_token),
    ]
    if settings.client_id is None or settings.client_secret is None:
        return checks
    return [*checks, await _attempted("webhook", lambda: _app_webhook(graph, settings))]


async def check_account(
    graph: GraphClient, settings: Settings, account: Account, calls: AccountGraph
) -> Sequence[Check]:
    """Look at one account: its token, and each WABA it is said to have."""
    checks = [await _attempted("token", lambda: _token(graph, settings, account))]
    for waba_id in waba_ids_of(account):
        checks += await _check_waba(waba_id, settings, calls)
    return checks


def waba_ids_of(account: Account) -> list[str]:
    """Return the WABAs of the account's profile, its default first."""
    default = as_texts([account.profile.get("businessAccountId")])
    return list(dict.fromkeys([*default, *as_texts(account.profile.get("wabaIds"))]))


async def _check_waba(waba_id: str, settings: Settings, calls: AccountGraph) -> list[Check]:
    reachable = await _attempted(f"waba {waba_id}", lambda: _waba(waba_id, calls))
    if not reachable.holds:
        return [reachable]
    subscribed = await _attempted(
        f"subscription {waba_id}", lambda: _subscribed(waba_id, settings, calls)
    )
    numbers = await _attempted(f"numbers {waba_id}", lambda: _numbers(waba_id, calls))
    return [reachable, subscribed, numbers]


async def _attempted(name: str, find: Find) -> Check:
    try:
        return await find()
    except ConnectorError as error:
        finding = " ".join(filter(None, [error.title.rstrip(".") + ".", error.cause]))
        return Check(name, holds=False, finding=finding, cure=error.cure)


def _configured(name: str, value: str | None) -> Check:
    if value is None:
        return Check(name, holds=False, finding=f"{name} is not set.", cure=how_to_set(name))
    return Check(name, holds=True, finding=f"{name} is set.")


async def _app_webhook(graph: GraphClient, settings: Settings) -> Check:
    webhook = await read_app_webhook(graph, settings)
    problem = shortcoming(webhook)
    if webhook is None or problem is not None:
        cause = problem.cause if problem is not None else ""
        return Check("webhook", holds=False, finding=cause, cure=SET_UP)
    return Check("webhook", holds=True, finding=f"Meta delivers to {webhook.callback_url}.")


async def _token(graph: GraphClient, settings: Settings, account: Account) -> Check:
    facts = await inspect_token(graph, settings, await account.access_token())
    if missing := facts.missing_scopes:
        return Check(
            "token",
            holds=False,
            finding=f"The token lacks {' and '.join(missing)}.",
            cure="Connect the account again and grant every permission it asks for.",
        )
    until = "never" if facts.expires_at is None else f"{facts.expires_at:%Y-%m-%d %H:%M} UTC"
    return Check("token", holds=True, finding=f"The token is valid; it expires: {until}.")


async def _waba(waba_id: str, calls: AccountGraph) -> Check:
    node = await calls.get(waba_id, {"fields": "id,name"})
    return Check(f"waba {waba_id}", holds=True, finding=f"It is called {node.get('name')!r}.")


async def _subscribed(waba_id: str, settings: Settings, calls: AccountGraph) -> Check:
    name = f"subscription {waba_id}"
    async for row in calls.pages(f"{waba_id}/subscribed_apps"):
        app = as_object(row.get("whatsapp_business_api_data"))
        if str(app.get("id")) == settings.client_id:
            elsewhere = row.get("override_callback_uri")
            to = f" to {elsewhere}" if elsewhere else ""
            return Check(name, holds=True, finding=f"Its events are delivered{to}.")
    return Check(
        name,
        holds=False,
        finding="Its events are not delivered to this app.",
        cure="Start a flow with a trigger for it; the trigger subscribes the account.",
    )


async def _numbers(waba_id: str, calls: AccountGraph) -> Check:
    fields = {"fields": "id,display_phone_number,platform_type"}
    numbers = [each async for each in calls.pages(f"{waba_id}/phone_numbers", fields)]
    name = f"numbers {waba_id}"
    if not numbers:
        return Check(name, holds=False, finding="It has no phone number.", cure=_ADD_A_NUMBER)
    idle = [
        str(each.get("display_phone_number", each.get("id")))
        for each in numbers
        if each.get("platform_type") != REGISTERED
    ]
    if idle:
        finding = f"Not registered for the Cloud API: {', '.join(idle)}."
        cure = "Run Ensure Sender Phone Number Registered once for each number you send from."
        return Check(name, holds=False, finding=finding, cure=cure)
    return Check(name, holds=True, finding=f"Registered numbers: {len(numbers)}.")


_ADD_A_NUMBER = "Add and verify a phone number in WhatsApp Manager."
