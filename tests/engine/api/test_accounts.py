"""Accounts: connected, renewed ahead of their end, and marked when a person must act."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from appmixer.engine.accounts.accounts import Accounts
from appmixer.engine.accounts.proofs import PROVERS, Proofs
from appmixer.engine.accounts.renewal import Renewal
from appmixer.engine.accounts.stored import UNREADABLE, StoredAccounts
from appmixer.engine.contract import (
    AuthorizationError,
    ConfigurationError,
    Connector,
    ConnectorError,
    Credentials,
    Json,
    JsonObject,
    RejectedError,
    ThrottledError,
)
from appmixer.engine.contract.testing import Clock
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.observe.stream import Notice
from appmixer.engine.settings import Settings
from appmixer.engine.storage.seal import Seal
from appmixer.engine.storage.tables import accounts

pytestmark = pytest.mark.anyio

SERVICE = "test:echo"
DAY_S = 86400.0
PROFILE: JsonObject = {"rooms": ["hall"]}
NAMES: dict[str, Json] = {"hall": "Great Hall", "cellar": "Cellar"}
HOUSE: JsonObject = {"rooms": [], "room": "hall", "names": NAMES}


def accounts_of(engine: Engine, clock: Clock | None = None) -> Accounts:
    """Return the engine's accounts as another process, or another time, sees them."""
    storage = engine.storage if clock is None else replace(engine.storage, clock=clock)
    return Accounts(
        StoredAccounts(storage, engine.account_settings),
        engine.providers,
        engine.stream,
        engine.settings.environment,
        engine.log,
        engine.describe,
    )


def credentials(token: str = "one", expires_at: float | None = None) -> Credentials:
    ends = None if expires_at is None else datetime.fromtimestamp(expires_at, UTC)
    return Credentials(token, PROFILE, "keys", ends, {"more": "hidden"})


@dataclass
class Renewing:
    """A provider that renews tokens as it is told."""

    renewed: Credentials | Exception
    asked: list[Credentials] = field(default_factory=list[Credentials])
    refusal: ConnectorError | None = None
    validated: list[str] = field(default_factory=list[str])
    profile: JsonObject = field(default_factory=lambda: PROFILE)

    def authorization_url(self, *, redirect_uri: str, state: str) -> str:
        raise NotImplementedError

    async def connect(self, *, redirect_uri: str, answer: Mapping[str, str]) -> Credentials:
        raise NotImplementedError

    async def connect_token(self, access_token: str) -> Credentials:
        if access_token == "bad":
            raise AuthorizationError("The token was refused", "It has expired.", "Make another.")
        return credentials(access_token)

    async def refresh(self, credentials: Credentials) -> Credentials:
        self.asked.append(credentials)
        await asyncio.sleep(0)
        if isinstance(self.renewed, Exception):
            raise self.renewed
        return self.renewed

    async def check_settings(self, credentials: Credentials, settings: JsonObject) -> JsonObject:
        if settings.get("room") == "vault":
            raise RejectedError("Not your room", "There is no key to it.", "Take another.", "room")
        if settings.get("room") == "attic":
            return {**HOUSE, "names": {**NAMES, "attic": "Attic"}}
        return credentials.profile

    async def validate(self, credentials: Credentials) -> JsonObject:
        self.validated.append(credentials.access_token)
        if self.refusal is not None:
            raise self.refusal
        return self.profile


async def next_notice(engine: Engine) -> Notice:
    return await anext(engine.stream.watch(engine.owners.first_owner_id))


def renewing(engine: Engine, renewed: Credentials | Exception) -> Renewing:
    provider = Renewing(renewed)
    engine.providers[SERVICE] = provider
    return provider


async def test_connects_with_a_token_and_shows_no_secret(
    engine: Engine, admin: httpx.AsyncClient
) -> None:
    renewing(engine, credentials())

    made = await admin.post(
        "/api/accounts", json={"service": SERVICE, "name": "acme", "accessToken": "tok-123"}
    )

    assert made.status_code == 201
    shown = made.json()
    assert (shown["name"], shown["state"], shown["profile"]) == ("acme", "connected", PROFILE)
    assert shown["expiresAt"] is None
    assert "tok-123" not in made.text
    assert "hidden" not in made.text
    [row] = await engine.rows(sa.select(accounts))
    assert b"tok-123" not in row.sealed
    assert await engine.accounts.access_token(shown["id"]) == "tok-123"


async def test_a_refused_token_connects_nothing(engine: Engine, admin: httpx.AsyncClient) -> None:
    renewing(engine, credentials())

    answer = await admin.post("/api/accounts", json={"service": SERVICE, "accessToken": "bad"})

    assert answer.status_code == 409
    assert answer.json()["error"] == {
        "title": "The token was refused",
        "cause": "It has expired.",
        "cure": "Make another.",
    }
    assert (await admin.get("/api/accounts")).json() == {"accounts": []}


async def test_the_same_name_or_profile_is_connected_in_place(engine: Engine) -> None:
    owner_id = engine.owners.first_owner_id
    connected: list[str] = []

    async def remember(account_id: str) -> None:
        connected.append(account_id)

    engine.accounts.on_connected = remember
    first = await engine.accounts.keep(owner_id, SERVICE, credentials("one"), "acme")
    await engine.accounts.mark_reconnect(first["id"], "It was revoked.")

    named = await engine.accounts.keep(owner_id, SERVICE, credentials("two"), "acme")
    unnamed = await engine.accounts.keep(owner_id, SERVICE, credentials("three"))

    assert [named["id"], unnamed["id"]] == [first["id"], first["id"]]
    assert (unnamed["name"], unnamed["state"], unnamed["reason"]) == ("acme", "connected", "")
    assert await engine.accounts.access_token(first["id"]) == "three"
    assert connected == [first["id"]] * 3


async def test_another_profile_with_the_same_suggested_name_is_another_account(
    engine: Engine,
) -> None:
    owner_id = engine.owners.first_owner_id
    await engine.accounts.keep(owner_id, SERVICE, credentials())
    elsewhere = replace(credentials("two"), profile={"rooms": ["cellar"]})

    second = await engine.accounts.keep(owner_id, SERVICE, elsewhere)

    assert second["name"] == "keys 2"


async def test_many_callers_at_once_cause_one_renewal(engine: Engine) -> None:
    owner_id = engine.owners.first_owner_id
    account = await engine.accounts.keep(owner_id, SERVICE, credentials("old"))
    provider = renewing(engine, credentials("new"))
    hosted = await engine.accounts.hosted(account["id"])

    tokens = await asyncio.gather(*[hosted.refresh() for _ in range(10)])

    assert tokens == ["new"] * 10
    assert [each.access_token for each in provider.asked] == ["old"]
    assert await hosted.access_token() == "new"


@pytest.mark.parametrize(
    "renewed",
    [credentials("old"), AuthorizationError("Session ended", "The password was changed.")],
)
async def test_an_account_that_cannot_be_renewed_is_marked_and_refused(
    engine: Engine, renewed: Credentials | Exception
) -> None:
    owner_id = engine.owners.first_owner_id
    account = await engine.accounts.keep(owner_id, SERVICE, credentials("old"), "acme")
    provider = renewing(engine, renewed)
    hosted = await engine.accounts.hosted(account["id"])

    with pytest.raises(AuthorizationError):
        await hosted.refresh()
    with pytest.raises(AuthorizationError, match="acme has to be connected again"):
        await hosted.access_token()
    with pytest.raises(AuthorizationError):
        await hosted.refresh()

    assert (await engine.accounts.get(owner_id, account["id"]))["state"] == "reconnect"
    assert len(provider.asked) == 1


async def test_a_service_that_is_down_marks_nothing(engine: Engine) -> None:
    owner_id = engine.owners.first_owner_id
    account = await engine.accounts.keep(owner_id, SERVICE, credentials("old"))
    renewing(engine, ThrottledError("Busy"))

    with pytest.raises(ThrottledError):
        await (await engine.accounts.hosted(account["id"])).refresh()

    assert (await engine.accounts.get(owner_id, account["id"]))["state"] == "connected"


@pytest.mark.parametrize(
    ("life_days", "after_days", "due"),
    [(60, 52.9, 0), (60, 53.1, 1), (10, 4.9, 0), (10, 5.1, 1), (None, 1000, 0)],
)
async def test_renews_a_week_ahead_or_at_half_of_a_short_life(
    engine: Engine, life_days: float | None, after_days: float, due: int
) -> None:
    clock = Clock(time.time())  # the engine's own rounds see these accounts, too
    kept = accounts_of(engine, clock)
    ends = None if life_days is None else clock.now + life_days * DAY_S
    provider = renewing(engine, credentials("new", clock.now + 100 * DAY_S))
    account = await kept.keep(engine.owners.first_owner_id, SERVICE, credentials("old", ends))

    clock.advance(after_days * DAY_S)
    renewed = await kept.renewal.refresh_due()

    assert (renewed, len(provider.asked)) == (due, due)
    assert await kept.access_token(account["id"]) == ("new" if due else "old")


async def test_a_token_that_ended_while_the_service_was_down_is_marked(engine: Engine) -> None:
    clock = Clock(time.time())  # the engine's own rounds see these accounts, too
    kept = accounts_of(engine, clock)
    renewing(engine, ThrottledError("Busy"))
    owner_id = engine.owners.first_owner_id
    account = await kept.keep(owner_id, SERVICE, credentials("old", clock.now + DAY_S))

    clock.advance(DAY_S * 0.6)
    await kept.renewal.refresh_due()
    before = (await kept.get(owner_id, account["id"]))["state"]
    clock.advance(DAY_S)
    await kept.renewal.refresh_due()

    assert before == "connected"
    shown = await kept.get(owner_id, account["id"])
    assert (shown["state"], shown["reason"]) == ("reconnect", "The token has expired. Busy.")


@pytest.mark.parametrize(
    ("refusal", "state", "reason"),
    [
        (None, "connected", ""),
        (AuthorizationError("Access has ended", "It was withdrawn."), "reconnect", None),
    ],
)
async def test_every_account_is_proven_again_within_the_hour(
    engine: Engine, refusal: ConnectorError | None, state: str, reason: str | None
) -> None:
    clock = Clock(time.time())
    kept = accounts_of(engine, clock)
    provider = renewing(engine, credentials())
    provider.refusal = refusal
    owner_id = engine.owners.first_owner_id
    account = await kept.keep(owner_id, SERVICE, credentials("token"))

    asked = [await kept.proofs.prove_next()]
    for minutes in (59, 2, 58):
        clock.advance(minutes * 60)
        asked.append(await kept.proofs.prove_next())

    assert asked == [False, False, True, False]
    assert provider.validated == ["token"]
    shown = await kept.get(owner_id, account["id"])
    assert (shown["state"], shown["reason"]) == (state, str(refusal) if reason is None else reason)


async def test_a_proof_that_could_not_be_had_is_tried_again_within_a_minute(engine: Engine) -> None:
    clock = Clock(time.time())
    kept = accounts_of(engine, clock)
    provider = renewing(engine, credentials())
    provider.refusal = ThrottledError("Busy")
    owner_id = engine.owners.first_owner_id
    account = await kept.keep(owner_id, SERVICE, credentials("token"))

    clock.advance(3601)
    asked = [await kept.proofs.prove_next(), await kept.proofs.prove_next()]
    clock.advance(61)
    asked.append(await kept.proofs.prove_next())

    assert asked == [True, False, True]
    assert (await kept.get(owner_id, account["id"]))["state"] == "connected"


async def test_the_time_of_the_next_proof_outlives_the_process(engine: Engine) -> None:
    clock = Clock(time.time())
    kept = accounts_of(engine, clock)
    provider = renewing(engine, credentials())
    await kept.keep(engine.owners.first_owner_id, SERVICE, credentials("token"))

    clock.advance(3601)
    afterwards = accounts_of(engine, clock)

    assert await afterwards.proofs.prove_next()
    assert provider.validated == ["token"]


async def test_a_check_proves_the_access_and_a_changed_profile_is_told(
    engine: Engine, admin: httpx.AsyncClient
) -> None:
    provider = renewing(engine, credentials())
    owner_id = engine.owners.first_owner_id
    account = await engine.accounts.keep(owner_id, SERVICE, credentials("token"))
    told = asyncio.create_task(next_notice(engine))
    await asyncio.sleep(0)
    provider.profile = {"rooms": ["cellar"]}

    changed = (await admin.get(f"/api/accounts/{account['id']}/checks")).json()["account"]
    provider.refusal = AuthorizationError("Access has ended", "It was withdrawn.")
    ended = (await admin.get(f"/api/accounts/{account['id']}/checks")).json()["account"]

    assert (changed["state"], changed["profile"]) == ("connected", {"rooms": ["cellar"]})
    assert (await told).content["profile"] == {"rooms": ["cellar"]}
    assert (ended["state"], ended["reason"]) == ("reconnect", "Access has ended. It was withdrawn.")
    assert (await admin.get("/api/accounts")).json()["accounts"] == [ended]


async def test_what_was_proven_of_an_old_token_changes_nothing_of_a_new_one(
    engine: Engine,
) -> None:
    owner_id = engine.owners.first_owner_id
    account = await engine.accounts.keep(owner_id, SERVICE, credentials("old"), "acme")
    provider = renewing(engine, credentials())
    new = replace(credentials("new"), profile={"rooms": ["attic"]})

    async def validate(credentials: Credentials) -> JsonObject:
        await engine.accounts.keep(owner_id, SERVICE, new, "acme")
        return {"rooms": ["cellar"]}

    provider.validate = validate  # type: ignore[method-assign]
    await engine.accounts.proofs.prove_now(owner_id, account["id"])

    assert (await engine.accounts.get(owner_id, account["id"]))["profile"] == {"rooms": ["attic"]}


async def test_many_accounts_are_proven_a_few_at_a_time_and_no_bad_one_stops_the_rest(
    settings: Settings, connectors: dict[str, Connector]
) -> None:
    under_way: set[str] = set()
    most, proven, all_are_proven = 0, set[str](), asyncio.Event()

    async def validate(credentials: Credentials) -> JsonObject:
        nonlocal most
        token = credentials.access_token
        under_way.add(token)
        most = max(most, len(under_way))
        if token == "hangs":
            await asyncio.Event().wait()
        await asyncio.sleep(0.01)
        under_way.discard(token)
        if token == "breaks":
            raise ZeroDivisionError
        proven.add(token)
        if len(proven) == 20:
            all_are_proven.set()
        return PROFILE

    often = replace(settings, environment={"APPMIXER_PROOF_INTERVAL_S": "1"})
    async with open_engine(often, connectors) as engine:
        provider = renewing(engine, credentials())
        provider.validate = validate  # type: ignore[method-assign]
        names = ["hangs", "breaks", *[f"number {each}" for each in range(20)]]
        for name in names:
            owner_id = engine.owners.first_owner_id
            await engine.accounts.keep(owner_id, SERVICE, credentials(name), name)

        await asyncio.wait_for(all_are_proven.wait(), 30)

    assert proven == set(names[2:])
    assert most <= PROVERS


@pytest.mark.parametrize(
    ("part", "name", "task"),
    [(Renewal, "refresh_due", "renewal"), (Proofs, "prove_next", "proof 1")],
)
async def test_a_round_over_the_accounts_that_fails_is_shown(
    settings: Settings,
    connectors: dict[str, Connector],
    monkeypatch: pytest.MonkeyPatch,
    until: Callable[..., Awaitable[str]],
    part: type[object],
    name: str,
    task: str,
) -> None:
    async def fail(_: object) -> None:
        raise ZeroDivisionError

    async def trouble() -> str | None:
        return engine.tasks.troubles().get(task)

    monkeypatch.setattr(part, name, fail)
    async with open_engine(settings, connectors) as engine:
        assert "ZeroDivisionError" in await until(trouble)


@pytest.mark.parametrize("value", ["soon", "0", "-5", "nan"])
async def test_an_interval_that_cannot_be_is_refused_by_name(engine: Engine, value: str) -> None:
    engine.settings = replace(engine.settings, environment={"APPMIXER_PROOF_INTERVAL_S": value})

    with pytest.raises(ConfigurationError, match="APPMIXER_PROOF_INTERVAL_S cannot be"):
        accounts_of(engine)


@pytest.mark.parametrize("damage", ["another key", "cut off", "no object"])
async def test_an_account_whose_token_cannot_be_read_stops_no_other(
    engine: Engine, admin: httpx.AsyncClient, damage: str
) -> None:
    clock = Clock(time.time())
    kept = accounts_of(engine, clock)
    provider = renewing(engine, credentials("new", clock.now + 100 * DAY_S))
    owner_id = engine.owners.first_owner_id
    ends = clock.now + 10 * DAY_S
    names = ["first", "bad", "last"]
    made = [await kept.keep(owner_id, SERVICE, credentials(each, ends), each) for each in names]
    [sealed] = await engine.rows(sa.select(accounts.c.sealed).where(accounts.c.name == "bad"))
    bad = {
        "another key": Seal(Fernet.generate_key()).close({"accessToken": "bad"}),
        "cut off": sealed.sealed[:-20],
        "no object": engine.seal.close(["bad"]),
    }[damage]
    change = sa.update(accounts).where(accounts.c.name == "bad").values(sealed=bad)
    await engine.writer.commit(lambda connection: connection.execute(change))

    clock.advance(6 * DAY_S)
    await kept.renewal.refresh_due()
    while await kept.proofs.prove_next():
        pass
    listed = (await admin.get("/api/accounts")).json()["accounts"]
    asked = await admin.post(f"/api/accounts/{made[1]['id']}/refresh")

    states = {each["name"]: (each["state"], each["reason"]) for each in listed}
    assert states == {
        "first": ("connected", ""),
        "bad": ("reconnect", UNREADABLE),
        "last": ("connected", ""),
    }
    assert [each.access_token for each in provider.asked] == ["first", "last"]
    assert (asked.status_code, asked.json()["error"]["cause"]) == (409, UNREADABLE)
    again = {"service": SERVICE, "name": "bad", "accessToken": "good"}
    assert (await admin.post("/api/accounts", json=again)).json()["state"] == "connected"


@pytest.fixture
async def house(engine: Engine) -> dict[str, Any]:
    """An account `acme` that reaches two rooms."""
    renewing(engine, replace(credentials("new"), profile=HOUSE)).profile = HOUSE
    owner_id = engine.owners.first_owner_id
    return await engine.accounts.keep(
        owner_id, SERVICE, replace(credentials("old"), profile=HOUSE), "acme"
    )


async def test_an_account_says_what_can_be_set_and_to_what(
    admin: httpx.AsyncClient, house: dict[str, Any]
) -> None:
    shown = (await admin.get(f"/api/accounts/{house['id']}")).json()

    assert shown["settings"] == {}
    assert shown["availableSettings"] == [
        {
            "name": "room",
            "label": "Favourite Room",
            "description": "Where it is said.",
            "type": "text",
            "pattern": None,
            "example": None,
            "required": False,
            "choices": [
                {"value": "hall", "label": "Great Hall"},
                {"value": "cellar", "label": "Cellar"},
            ],
        },
        {
            "name": "tongue",
            "label": "Tongue",
            "description": "A language.",
            "type": "text",
            "pattern": "^[a-z]{2}$",
            "example": "de",
            "required": False,
            "choices": [],
        },
        {
            "name": "loud",
            "label": "Loud",
            "description": "How loud.",
            "type": "switch",
            "pattern": None,
            "example": None,
            "required": False,
            "choices": [],
        },
    ]


async def test_settings_are_set_taken_back_and_told(
    engine: Engine, admin: httpx.AsyncClient, house: dict[str, Any]
) -> None:
    path = f"/api/accounts/{house['id']}"
    told = asyncio.create_task(next_notice(engine))
    await asyncio.sleep(0)

    first = await admin.patch(path, json={"room": "cellar", "loud": False})
    second = await admin.patch(path, json={"room": None, "tongue": "de"})

    assert first.json()["settings"] == {"room": "cellar", "loud": False}
    assert first.json()["profile"]["room"] == "cellar"
    assert (await told).content["settings"] == {"room": "cellar", "loud": False}
    assert second.json()["settings"] == {"loud": False, "tongue": "de"}
    assert second.json()["profile"] == HOUSE
    assert (await admin.get(path)).json() == second.json()
    hosted = await engine.accounts.hosted(house["id"])
    assert hosted.settings == {"loud": False, "tongue": "de"}


async def test_settings_survive_connecting_again_renewal_and_proof(
    engine: Engine, admin: httpx.AsyncClient, house: dict[str, Any]
) -> None:
    path = f"/api/accounts/{house['id']}"
    await admin.patch(path, json={"room": "cellar", "tongue": "de"})
    kept = {"room": "cellar", "tongue": "de"}

    renewed = (await admin.post(f"{path}/refresh")).json()
    proven = (await admin.get(f"{path}/checks")).json()["account"]
    again = replace(credentials("third"), profile=HOUSE)
    unnamed = await engine.accounts.keep(engine.owners.first_owner_id, SERVICE, again)

    assert [each["id"] for each in (renewed, proven, unnamed)] == [house["id"]] * 3
    assert [each["settings"] for each in (renewed, proven, unnamed)] == [kept] * 3
    assert [each["profile"]["room"] for each in (renewed, proven, unnamed)] == ["cellar"] * 3


async def test_a_choice_counts_only_while_the_account_reaches_it(
    engine: Engine, admin: httpx.AsyncClient, house: dict[str, Any]
) -> None:
    path = f"/api/accounts/{house['id']}"
    await admin.patch(path, json={"room": "cellar"})
    provider = engine.providers[SERVICE]
    assert isinstance(provider, Renewing)

    provider.profile = {**HOUSE, "names": {"hall": "Great Hall"}}
    without = (await admin.get(f"{path}/checks")).json()["account"]
    provider.profile = HOUSE
    back = (await admin.get(f"{path}/checks")).json()["account"]

    assert (without["profile"]["room"], back["profile"]["room"]) == ("hall", "cellar")


async def test_a_value_that_the_service_proves_joins_the_choices(
    admin: httpx.AsyncClient, house: dict[str, Any]
) -> None:
    shown = (await admin.patch(f"/api/accounts/{house['id']}", json={"room": "attic"})).json()

    assert shown["profile"] == {**HOUSE, "room": "attic", "names": {**NAMES, "attic": "Attic"}}


@pytest.mark.parametrize(
    ("changes", "field", "cure"),
    [
        ({"rom": "hall"}, "rom", "Check the spelling."),
        ({"tongue": "German"}, "tongue", "such as de"),
        ({"tongue": 5}, "tongue", "such as de"),
        ({"tongue": ""}, "tongue", "such as de"),
        ({"loud": "yes"}, "loud", "true or false"),
        ({"loud": True, "room": "vault"}, "room", "Take another."),
        ({"tongue": "x" * 201}, "tongue", "such as de"),
        ({"room": {"a": 1}}, "room", "Give a text."),
    ],
)
async def test_a_setting_that_cannot_be_is_refused_and_nothing_is_changed(
    admin: httpx.AsyncClient,
    house: dict[str, Any],
    changes: dict[str, Any],
    field: str,
    cure: str,
) -> None:
    path = f"/api/accounts/{house['id']}"

    answer = await admin.patch(path, json=changes)

    error = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (422, field)
    assert cure in error["cure"]
    assert error["cause"]
    assert (await admin.get(path)).json() == house


async def test_the_settings_of_somebody_elses_account_are_not_there(
    admin: httpx.AsyncClient, other: httpx.AsyncClient, house: dict[str, Any]
) -> None:
    path = f"/api/accounts/{house['id']}"

    answer = await other.patch(path, json={"loud": True})

    assert answer.status_code == 404
    assert (await admin.get(path)).json() == house


async def test_an_account_in_use_is_not_deleted(
    engine: Engine, admin: httpx.AsyncClient, owner: str
) -> None:
    flow: dict[str, Any] = {
        "name": "Echo",
        "components": {"heard": {"type": "test.echo.Heard", "account": "keys"}},
    }
    [account] = await engine.accounts.list(owner)
    await admin.put("/api/flows/echo", json=flow)
    await admin.post("/api/flows/echo/start")

    refused = await admin.delete(f"/api/accounts/{account['id']}")
    await admin.post("/api/flows/echo/stop")
    deleted = await admin.delete(f"/api/accounts/{account['id']}")

    assert refused.status_code == 409
    assert refused.json()["error"]["cause"] == "These running flows use it: Echo."
    assert deleted.status_code == 204
    assert await engine.accounts.list(owner) == []
    with pytest.raises(AuthorizationError, match="gone"):
        await engine.accounts.hosted(account["id"])


async def test_an_unknown_name_is_refused(engine: Engine, owner: str) -> None:
    with pytest.raises(RejectedError, match="There is no account nobody"):
        await engine.accounts.named(owner, SERVICE, "nobody")


async def test_a_name_is_found_again_after_its_account_was_replaced(
    engine: Engine, owner: str
) -> None:
    first = await engine.accounts.named(owner, SERVICE, "keys")
    await engine.accounts.delete(owner, first.id)
    made = await engine.accounts.connect_token(owner, SERVICE, "cellar", "keys")

    second = await engine.accounts.named(owner, SERVICE, "keys")

    assert second.id == made["id"] != first.id


async def test_a_name_that_is_too_long_is_refused(engine: Engine, admin: httpx.AsyncClient) -> None:
    content = {"service": SERVICE, "name": "x" * 101, "accessToken": "hall"}

    answer = await admin.post("/api/accounts", json=content)

    assert (answer.status_code, answer.json()["error"]["field"]) == (422, "name")
    assert await engine.accounts.list(engine.owners.first_owner_id) == []


async def test_the_running_flows_that_use_an_account_are_told_to_its_owner_alone(
    admin: httpx.AsyncClient, owner: str, other: httpx.AsyncClient
) -> None:
    [account] = (await admin.get("/api/accounts")).json()["accounts"]
    path = f"/api/accounts/{account['id']}/flows"
    for flow_id, name in {"second": "B", "first": "C", "third": "A"}.items():
        heard = {"type": "test.echo.Heard", "account": "keys"}
        await admin.put(f"/api/flows/{flow_id}", json={"name": name, "components": {"h": heard}})
    for flow_id in ("first", "second"):
        (await admin.post(f"/api/flows/{flow_id}/start")).raise_for_status()

    mine, theirs = await admin.get(path), await other.get(path)

    assert mine.json() == {"flows": [{"id": "second", "name": "B"}, {"id": "first", "name": "C"}]}
    assert theirs.status_code == 404
