"""The connection doctor: looks at every link between Meta and a flow, and names the cure."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Literal, Protocol

import httpx

from appmixer.engine.contract import (
    Account,
    AuthorizationError,
    Check,
    ConnectorError,
    HostContext,
)

from ..configuration.settings import Settings, how_to_set
from ..foreign_json.shapes import as_texts
from ..graph.account import AccountGraph
from ..graph.client import GraphClient
from .app_webhook import read_app_webhook, shortcoming
from .callbacks import TELL_ADDRESS, Home, Wiring, doubt, not_delivered, refusal, shown
from .health import check_sending
from .ownership import Subject
from .tokens import SCOPES, inspect_token

Find = Callable[[], Awaitable[Check]]
ATTEMPT_S = 10.0
MAX_ECHO_BYTES = 1000


class Wires(Protocol):
    """What is asked of the subscriptions."""

    async def heard(self, waba_id: str) -> frozenset[str]: ...
    async def subjects(self, waba_id: str) -> Sequence[Subject]: ...
    async def wiring(self, waba_id: str, account: Account) -> Wiring: ...
    async def claim(self, waba_id: str, account: Account) -> list[str]: ...


async def check_setup(
    graph: GraphClient, settings: Settings, host: HostContext, *, relies_on_the_app: bool
) -> Sequence[Check]:
    """Look at what the administrator has set up in the Meta app, and try the own address."""
    checks = [await _attempted("configId", lambda: _login(settings, host))]
    try:
        webhook = await read_app_webhook(graph, settings)
    except ConnectorError as error:
        return [*checks, _failed("webhook", error)]
    if (problem := shortcoming(webhook, "messages")) is not None:
        checks.append(Check("webhook", "fault", problem.cause, problem.cure))
    home = Home.of(host, webhook.callback_url if webhook is not None else "")
    if webhook is not None and problem is None:
        checks.append(_callback(home, webhook.callback_url, matters=relies_on_the_app))
    return [*checks, await _address(home, settings, host)] if home.is_known else checks


async def check_account(
    graph: GraphClient, settings: Settings, account: Account, calls: AccountGraph, wires: Wires
) -> Sequence[Check]:
    """Look at one account: its token, and each WABA it is said to have.

    What is wrong with a WABA is a fault when somebody listens to it, and mostly advice otherwise.
    """
    checks = [await _attempted("token", lambda: _token(graph, settings, account))]
    for position, waba_id in enumerate(waba_ids_of(account)):
        heard = await wires.heard(waba_id)
        # Actions use the default one, whether or not somebody listens to it.
        matters = bool(heard) or position == 0
        try:
            node = await calls.get(waba_id, {"fields": "id,name"})
            wiring = await wires.wiring(waba_id, account)
        except ConnectorError as error:
            failed = _failed(f"waba {waba_id}", error)
            checks.append(replace(failed, state=_weight(matters)))
            continue
        checks.append(Check(f"waba {waba_id}", "fine", f"It is called {node.get('name')!r}."))
        checks += _delivery(wiring, heard, matters=matters)
        checks += _fields(wiring, await wires.subjects(waba_id))
        checks.append(_numbers(wiring, heard))
        checks += await check_sending(wiring, calls, matters=matters)
    return list(dict.fromkeys(checks))


def deafness(wiring: Wiring, number_id: str) -> list[Check]:
    """Return what keeps the statuses of a number's messages from coming here; "" is every one."""
    told = _delivery(wiring, frozenset({number_id}), matters=True)
    found = [each for each in told if each.state != "fine"]
    if (error := wiring.problems("messages")) is not None:
        found.insert(0, Check("webhook", "fault", error.cause, error.cure))
    return found


async def claim_account(account: Account, wires: Wires) -> Sequence[Check]:
    """Have the events of all WABAs of an account come here; each is told how it went."""
    checks: list[Check] = []
    for waba_id in waba_ids_of(account):
        name = f"claim {waba_id}"
        try:
            left = await wires.claim(waba_id, account)
        except ConnectorError as error:
            checks.append(_failed(name, error))
            continue
        told = f"Its events come here now; before, they went to {', '.join(left)}."
        checks.append(Check(name, "fine", told if left else "Nothing had to be changed."))
    return checks


def waba_ids_of(account: Account) -> list[str]:
    """Return the WABAs of the account's profile, its default first."""
    default = as_texts([account.profile.get("businessAccountId")])
    return list(dict.fromkeys([*default, *as_texts(account.profile.get("wabaIds"))]))


async def _attempted(name: str, find: Find) -> Check:
    try:
        return await find()
    except ConnectorError as error:
        return _failed(name, error)


def _failed(name: str, error: ConnectorError) -> Check:
    finding = " ".join(filter(None, [error.title.rstrip(".") + ".", error.cause]))
    mend = "connect" if isinstance(error, AuthorizationError) else ""
    return Check(name, "fault", finding, error.cure, mend)


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
                f"Configurations. {how_to_set('configId')} If it is the right one, let it ask for "
                f"{' and '.join(SCOPES)} alone: others, such as business_management, are what "
                "Meta calls invalid scopes.",
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


def _callback(home: Home, address: str, *, matters: bool) -> Check:
    """Judge the app's own callback address."""
    place = home.place(address)
    if place == "here":
        return Check("webhook", "fine", f"Meta delivers to {address}.")
    if place == "unknown":
        finding = f"Meta delivers to {address}, and nobody has told whether that is this engine."
        return Check("webhook", "advice", finding, TELL_ADDRESS)
    return Check(
        "webhook",
        _weight(matters),
        f"Meta delivers to {address}, and this engine is reached at {home.address}.",
        f"Save {home.address} as the callback URL in the Meta App Dashboard, WhatsApp, "
        "Configuration, or run `appmixer doctor --claim` to have only the events of your accounts "
        "come here. If both addresses lead here, correct APPMIXER_PUBLIC_URL.",
    )


async def _address(home: Home, settings: Settings, host: HostContext) -> Check:
    """Shake hands as Meta does; whoever answers is told the token once it refused another one."""
    try:
        async with asyncio.timeout(ATTEMPT_S):
            strange = await _shake_hands(home, secrets.token_urlsafe(12), host)
            right = strange
            if strange == 403:
                right = await _shake_hands(home, settings.required("verifyToken"), host)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        finding = f"{home.address} cannot be reached from here ({type(error).__name__})."
        return Check("address", "fault", finding, _REACHABLE)
    if (strange, right) == (403, 200):
        return Check("address", "fine", f"A handshake like Meta's works at {home.address}.")
    if strange == right == 403:
        finding = f"{home.address} refuses the handshake: it knows another verify token."
    elif strange == 200:
        finding = f"{home.address} takes any verify token, so it is not this engine."
    else:
        finding = f"{home.address} does not answer the handshake as this engine would."
    return Check("address", "fault", f"{finding} Something else is reached there.", _REACHABLE)


async def _shake_hands(home: Home, verify_token: str, host: HostContext) -> int:
    """Return the status of the answer; 0 stands for one without the challenge."""
    challenge = str(secrets.randbelow(10**10))
    query = {
        "hub.mode": "subscribe",
        "hub.challenge": challenge,
        "hub.verify_token": verify_token,
    }
    answer = b""
    async with host.http.stream(
        "GET", home.address, params=query, timeout=ATTEMPT_S, follow_redirects=False
    ) as response:
        async for chunk in response.aiter_bytes():
            answer += chunk
            if len(answer) > MAX_ECHO_BYTES:
                break
    is_echo = answer == challenge.encode()
    return response.status_code if response.status_code != 200 or is_echo else 0


async def _token(graph: GraphClient, settings: Settings, account: Account) -> Check:
    facts = await inspect_token(graph, settings, await account.access_token())
    if missing := facts.missing_scopes:
        return Check(
            "token",
            "fault",
            f"The token lacks {' and '.join(missing)}.",
            "Connect the account again and grant every permission it asks for.",
            mend="connect",
        )
    until = "never" if facts.expires_at is None else f"{facts.expires_at:%Y-%m-%d %H:%M} UTC"
    return Check("token", "fine", f"The token is valid; it expires: {until}.")


def _delivery(wiring: Wiring, heard: frozenset[str], *, matters: bool) -> list[Check]:
    name = f"subscription {wiring.waba_id}"
    checks: list[Check] = []
    if not wiring.is_subscribed:
        checks.append(
            Check(
                name,
                _weight(bool(heard)),
                "Its events are not delivered to this app.",
                "Start a flow that listens to it or sends from it; that subscribes the account.",
            )
        )
    missed = [each for each in wiring.missed(heard) if each.address]
    for destination in missed:
        if destination.level == "app":
            checks.append(_callback(wiring.home, destination.address, matters=matters))
        elif wiring.place(destination) == "elsewhere":
            error = refusal(wiring, destination)
            checks.append(
                Check(
                    f"callback {wiring.waba_id}",
                    _weight(matters),
                    error.cause,
                    error.cure,
                    mend="claim",
                )
            )
        else:
            told = doubt(destination).removesuffix(f" {TELL_ADDRESS}")
            checks.append(Check(f"callback {wiring.waba_id}", "advice", told, TELL_ADDRESS))
    return checks or [Check(name, "fine", "Its events are delivered.")]


def _fields(wiring: Wiring, heard: Sequence[Subject]) -> list[Check]:
    """Name the fields that are listened to and do not come, unless none comes."""
    if wiring.problems("") is not None:
        return []
    fields = sorted({each.field for each in heard} - {"messages", ""})
    errors = {field: not_delivered(wiring, field) for field in fields}
    return [
        Check(f"field {field}", "fault", error.cause, error.cure)
        for field, error in errors.items()
        if error is not None
    ]


def _numbers(wiring: Wiring, heard: frozenset[str]) -> Check:
    name = f"numbers {wiring.waba_id}"
    idle = [each for each in wiring.numbers if not each.is_registered]
    # One that is named is missed; of those that are listened to together one is enough.
    is_missed = len(idle) == len(wiring.numbers) or heard & {each.id for each in idle}
    state = _weight(bool(heard)) if is_missed else "advice"
    if not wiring.numbers:
        return Check(name, state, "It has no phone number.", _ADD_A_NUMBER)
    if idle:
        finding = f"Not registered for the Cloud API: {shown(idle)}."
        return Check(name, state, finding, _REGISTER, mend=_REGISTERING)
    return Check(name, "fine", f"Registered numbers: {len(wiring.numbers)}.")


def _weight(matters: bool) -> Literal["advice", "fault"]:
    return "fault" if matters else "advice"


_ADD_A_NUMBER = "Add and verify a phone number in WhatsApp Manager."
# By its name, as no component is imported here.
_REGISTERING = "appmixer.whatsapp.EnsureRegistered"
_REGISTER = "Run Ensure Sender Phone Number Registered once for each number you send from."
_REACHABLE = (
    "Let APPMIXER_PUBLIC_URL be the address at which this engine is reached from outside, and look "
    "at the name, the certificate and the proxy in front of it."
)
