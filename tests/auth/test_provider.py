"""Accounts are connected only when they can send and receive."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import parse_qsl

import httpx
import pytest
import respx

from appmixer.engine.contract import (
    AuthorizationError,
    ConfigurationError,
    ConnectorError,
    Credentials,
    OutcomeUnknownError,
    RejectedError,
    ThrottledError,
)
from appmixer.engine.contract.testing import RecordingHost
from appmixer.whatsapp.auth.provider import WhatsAppAccounts

pytestmark = pytest.mark.anyio

ROOT = "https://graph.facebook.com/v25.0"
APP_ID = "634974688087057"
WABA = "102290129340398"
OTHER_WABA = "102290129340399"
CALLBACK = "https://engine.example/auth/whatsapp/callback"
NOW = datetime(2026, 9, 21, 12, tzinfo=UTC)
SCOPES = ["whatsapp_business_management", "whatsapp_business_messaging"]
NAMES = {WABA: "Lucky Shrub", OTHER_WABA: "Other"}
BUSINESS = {
    "id": "1",
    "owned_whatsapp_business_accounts": {"data": [{"id": WABA, "name": "Lucky Shrub"}]},
    "client_whatsapp_business_accounts": {"data": [{"id": OTHER_WABA, "name": "Other"}]},
}


def facts(
    *targets: str, type: str = "SYSTEM_USER", life: timedelta | None = None, **changes: Any
) -> dict[str, Any]:
    found = {
        "app_id": APP_ID,
        "type": type,
        "is_valid": True,
        "user_id": "7",
        "expires_at": int((NOW + life).timestamp()) if life else 0,
        "scopes": SCOPES,
        "granular_scopes": [{"scope": each, "target_ids": list(targets)} for each in SCOPES],
    }
    return {"data": {**found, **changes}}


UNRESTRICTED = [{"scope": each} for each in SCOPES]


class Meta:
    """Graph as these tests need it: each route may be changed before the call."""

    def __init__(self, router: respx.MockRouter) -> None:
        self.token = router.post(f"{ROOT}/oauth/access_token").respond(
            json={"access_token": "EAAcode", "token_type": "bearer"}
        )
        self.debug = router.get(f"{ROOT}/debug_token").respond(json=facts(WABA, OTHER_WABA))
        self.me = router.get(f"{ROOT}/me").respond(json={"id": "7", "name": "System User"})
        self.businesses = router.get(f"{ROOT}/me/businesses").respond(json={"data": [BUSINESS]})
        self.assigned = router.get(f"{ROOT}/7/assigned_whatsapp_business_accounts").respond(
            400, json={"error": {"code": 100, "error_subcode": 33}}
        )
        self.names = dict(NAMES)
        self.edges: dict[str, list[str]] = {}
        router.get(url__regex=rf"{ROOT}/(?P<edge>88/[a-z_]+)\?").mock(side_effect=self._edge)
        router.get(url__regex=rf"{ROOT}/(?P<id>[0-9]+)\?").mock(side_effect=self._node)

    def _edge(self, request: httpx.Request, edge: str) -> httpx.Response:
        if edge in self.edges:
            return httpx.Response(200, json={"data": [{"id": id} for id in self.edges[edge]]})
        return httpx.Response(400, json={"error": {"code": 100, "error_subcode": 33}})

    def _node(self, request: httpx.Request, id: str) -> httpx.Response:
        if id in self.names:
            return httpx.Response(200, json={"id": id, "name": self.names[id]})
        return httpx.Response(400, json={"error": {"code": 100, "error_subcode": 33}})

    def exchanges(self) -> list[dict[str, str]]:
        calls = cast("list[respx.models.Call]", self.token.calls)
        return [dict(parse_qsl(call.request.content.decode())) for call in calls]


@pytest.fixture
def meta() -> Any:
    with respx.mock(assert_all_called=False) as router:
        yield Meta(router)


@pytest.fixture
def accounts(host: RecordingHost) -> WhatsAppAccounts:
    host.clock.now = NOW.timestamp()
    return WhatsAppAccounts(host)


async def connect(accounts: WhatsAppAccounts) -> Credentials:
    return await accounts.connect(redirect_uri=CALLBACK, answer={"code": "c0de", "state": "s"})


async def test_a_login_gives_the_accounts_that_were_picked(
    accounts: WhatsAppAccounts, meta: Meta
) -> None:
    credentials = await connect(accounts)

    assert credentials == Credentials(
        access_token="EAAcode",
        profile={
            "id": "7",
            "name": "System User",
            "businessAccountId": WABA,
            "wabaIds": [WABA, OTHER_WABA],
            "wabaNames": NAMES,
            "scopes": SCOPES,
        },
        name="System User",
        expires_at=None,
        secrets={"tokenType": "SYSTEM_USER"},
    )
    assert meta.exchanges() == [
        {
            "client_id": APP_ID,
            "client_secret": "test-app-secret",
            "code": "c0de",
            "redirect_uri": CALLBACK,
        }
    ]
    assert meta.debug.calls.last.request.url.params["input_token"] == "EAAcode"


async def test_the_short_token_of_a_person_is_exchanged_for_a_long_one(
    accounts: WhatsAppAccounts, meta: Meta
) -> None:
    meta.token.mock(
        side_effect=[
            httpx.Response(200, json={"access_token": "EAAshort", "expires_in": 5400}),
            httpx.Response(200, json={"access_token": "EAAlong", "expires_in": 5183944}),
        ]
    )
    meta.debug.mock(
        side_effect=[
            httpx.Response(200, json=facts(WABA, type="USER", life=timedelta(minutes=90))),
            httpx.Response(200, json=facts(WABA, type="USER", life=timedelta(days=60))),
        ]
    )

    credentials = await connect(accounts)

    assert credentials.access_token == "EAAlong"
    assert credentials.expires_at == NOW + timedelta(days=60)
    assert meta.exchanges()[1] == {
        "client_id": APP_ID,
        "client_secret": "test-app-secret",
        "grant_type": "fb_exchange_token",
        "fb_exchange_token": "EAAshort",
    }


async def test_an_unrestricted_grant_is_looked_up_through_the_businesses(
    accounts: WhatsAppAccounts, meta: Meta
) -> None:
    meta.debug.respond(json=facts(granular_scopes=UNRESTRICTED))

    credentials = await connect(accounts)

    assert credentials.profile["wabaIds"] == [WABA, OTHER_WABA]


async def test_a_login_that_selected_nothing_is_refused(
    accounts: WhatsAppAccounts, meta: Meta
) -> None:
    meta.debug.respond(json=facts())

    with pytest.raises(RejectedError) as caught:
        await connect(accounts)

    assert caught.value.title == "No WhatsApp Business Account selected during authentication"
    assert "Meta Business Manager" in caught.value.cure


async def test_a_grant_without_limits_is_looked_for_wherever_the_token_may_look(
    accounts: WhatsAppAccounts, meta: Meta
) -> None:
    of_business = [{"scope": "business_management", "target_ids": ["88"]}]
    meta.debug.respond(json=facts(granular_scopes=[*UNRESTRICTED, *of_business]))
    meta.businesses.respond(400, json={"error": {"code": 200, "message": "business_management"}})
    meta.assigned.respond(json={"data": [{"id": "301"}, {"id": WABA}]})
    meta.edges["88/owned_whatsapp_business_accounts"] = ["302"]
    meta.names |= {"301": "Assigned", "302": "Owned"}

    credentials = await connect(accounts)

    assert credentials.profile["wabaIds"] == ["302", "301", WABA]
    assert credentials.asks == {}


@pytest.mark.parametrize("config_id", [None, "200000000000002"])
async def test_a_grant_without_limits_asks_for_the_business_account_that_cannot_be_found(
    host: RecordingHost, accounts: WhatsAppAccounts, meta: Meta, config_id: str | None
) -> None:
    host.configuration = {**host.configuration, "configId": config_id or ""}
    meta.debug.respond(json=facts(granular_scopes=UNRESTRICTED))
    meta.businesses.respond(400, json={"error": {"code": 10, "message": "business_management"}})

    credentials = await connect(accounts)

    assert credentials.profile["wabaIds"] == []
    [sentence] = credentials.asks.values()
    assert "business settings" in sentence
    assert ("configId" in sentence) is (config_id is None)
    profile = await accounts.check_settings(credentials, {"businessAccountId": WABA})
    assert (profile["businessAccountId"], profile["wabaIds"]) == (WABA, [WABA])


async def test_a_declined_permission_is_named(accounts: WhatsAppAccounts, meta: Meta) -> None:
    meta.debug.respond(json=facts(WABA, scopes=["whatsapp_business_management"]))

    with pytest.raises(RejectedError, match="whatsapp_business_messaging"):
        await connect(accounts)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {"code": 100, "error_subcode": 36007}, AuthorizationError),
        (400, {"code": 100, "error_subcode": 36008}, ConfigurationError),
        (400, {"code": 100, "error_subcode": 36009}, AuthorizationError),
        (400, {"code": 4}, ThrottledError),
    ],
)
async def test_a_code_that_meta_refuses_is_explained(
    accounts: WhatsAppAccounts,
    meta: Meta,
    status: int,
    error: dict[str, int],
    kind: type[Exception],
) -> None:
    meta.token.respond(status, json={"error": error})

    with pytest.raises(kind) as caught:
        await connect(accounts)

    assert "c0de" not in f"{caught.value!r}"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            {"code": 1, "message": "Error validating client secret."},
            ["`clientSecret`", "App secret", "Meta says: Error validating client secret."],
        ),
        (
            {"code": 101, "message": "Error validating application. Cannot get application info."},
            ["`clientId`", "Cannot get application info"],
        ),
        (
            {"code": 100, "message": "Invalid verification code format."},
            ["code of a login", "`configId`", "Invalid verification code format."],
        ),
        (
            {
                "code": 100,
                "message": "Error validating verification code. Please make sure your redirect_uri"
                " is identical to the one you used in the OAuth dialog request",
            },
            ["Valid OAuth Redirect URIs", "App Domains", "APPMIXER_PUBLIC_URL", "identical"],
        ),
        (
            {"code": 191, "message": "Can't load URL: The domain of this URL isn't included."},
            ["Valid OAuth Redirect URIs", "App Domains", "Can't load URL"],
        ),
    ],
)
async def test_a_login_that_cannot_end_names_the_key_or_the_field_and_is_not_repeated(
    accounts: WhatsAppAccounts, meta: Meta, error: dict[str, Any], words: list[str]
) -> None:
    meta.token.respond(400, json={"error": error})

    with pytest.raises(ConnectorError) as caught:
        await connect(accounts)

    assert [word for word in words if word not in str(caught.value)] == []
    assert not isinstance(caught.value, ThrottledError)
    assert meta.token.call_count == 1


async def test_a_token_of_another_app_is_named_as_such(
    accounts: WhatsAppAccounts, meta: Meta
) -> None:
    message = "(#100) The App_id in the input_token did not match the Viewing App"
    meta.debug.respond(400, json={"error": {"code": 100, "message": message}})

    with pytest.raises(RejectedError) as refused:
        await accounts.connect_token("EAApasted")
    meta.debug.respond(json=facts(WABA, app_id="5"))
    with pytest.raises(RejectedError) as compared:
        await accounts.connect_token("EAApasted")

    titles = [refused.value.title, compared.value.title]
    assert titles == ["The token belongs to another Meta app"] * 2
    assert "did not match the Viewing App" in refused.value.cause
    assert f"of app 5, the connector is app {APP_ID}" in compared.value.cause


async def test_an_answer_without_a_token_is_no_login(
    accounts: WhatsAppAccounts, meta: Meta
) -> None:
    meta.token.respond(json={"token_type": "bearer"})

    with pytest.raises(OutcomeUnknownError):
        await connect(accounts)


async def test_a_pasted_token_is_inspected_first(accounts: WhatsAppAccounts, meta: Meta) -> None:
    credentials = await accounts.connect_token(" EAApasted\n")

    assert credentials.access_token == "EAApasted"
    assert credentials.expires_at is None
    assert credentials.profile["businessAccountId"] == WABA
    assert meta.exchanges() == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (facts(WABA, is_valid=False, error={"code": 190, "subcode": 463}), AuthorizationError),
        (facts(WABA, app_id="1"), RejectedError),
        (facts(WABA, scopes=[]), RejectedError),
        ({"data": []}, AuthorizationError),
        ({}, AuthorizationError),
    ],
)
async def test_a_pasted_token_that_cannot_be_used_is_refused(
    accounts: WhatsAppAccounts, meta: Meta, answer: dict[str, Any], kind: type[Exception]
) -> None:
    meta.debug.respond(json=answer)

    with pytest.raises(kind) as caught:
        await accounts.connect_token("EAApasted")

    assert "EAApasted" not in f"{caught.value!r}"


async def test_without_the_secret_a_token_counts_only_if_it_can_name_its_accounts(
    host: RecordingHost, accounts: WhatsAppAccounts, meta: Meta
) -> None:
    host.configuration = {"clientId": APP_ID}
    credentials = await accounts.connect_token("EAApasted")
    assert credentials.profile["wabaIds"] == [WABA, OTHER_WABA]

    meta.businesses.respond(400, json={"error": {"code": 10}})
    with pytest.raises(ConfigurationError) as caught:
        await accounts.connect_token("EAApasted")

    assert caught.value.field == "clientSecret"
    assert "System User" in caught.value.cause
    assert meta.debug.call_count == 0


def credentials(life: timedelta | None, type: str = "USER") -> Credentials:
    return Credentials(
        access_token="EAAold",
        profile={
            "id": "7",
            "name": "Robin",
            "businessAccountId": WABA,
            "wabaIds": [WABA],
            "wabaNames": {WABA: "Lucky Shrub"},
            "scopes": [],
        },
        name="acme",
        expires_at=NOW + life if life is not None else None,
        secrets={"tokenType": type},
    )


async def test_a_token_that_never_expires_is_proven_instead_of_renewed(
    accounts: WhatsAppAccounts, meta: Meta
) -> None:
    present = credentials(None)

    refreshed = await accounts.refresh(present)

    assert refreshed == replace(present, profile=refreshed.profile)
    assert refreshed.profile["wabaIds"] == [WABA, OTHER_WABA]
    assert meta.exchanges() == []


async def test_an_expired_token_has_to_be_connected_again(
    accounts: WhatsAppAccounts, meta: Meta
) -> None:
    with pytest.raises(AuthorizationError, match="Connect the account again"):
        await accounts.refresh(credentials(timedelta(0)))

    assert meta.exchanges() == []


@pytest.mark.parametrize(
    ("type", "renewal"),
    [("USER", {}), ("SYSTEM_USER", {"set_token_expires_in_60_days": "true"})],
)
async def test_a_token_is_renewed_before_it_expires(
    accounts: WhatsAppAccounts, meta: Meta, type: str, renewal: dict[str, str]
) -> None:
    meta.token.respond(json={"access_token": "EAAnew"})
    meta.debug.respond(json=facts(WABA, type=type, life=timedelta(days=60)))

    renewed = await accounts.refresh(credentials(timedelta(days=5), type))

    assert renewed == Credentials(
        access_token="EAAnew",
        profile={
            "id": "7",
            "name": "Robin",
            "businessAccountId": WABA,
            "wabaIds": [WABA],
            "wabaNames": {WABA: "Lucky Shrub"},
            "scopes": SCOPES,
        },
        name="acme",
        expires_at=NOW + timedelta(days=60),
        secrets={"tokenType": type},
    )
    assert meta.exchanges()[0].keys() - {"client_id", "client_secret"} == {
        "grant_type",
        "fb_exchange_token",
        *renewal,
    }


async def test_the_default_account_follows_what_is_still_shared(
    accounts: WhatsAppAccounts, meta: Meta
) -> None:
    meta.debug.respond(json=facts(OTHER_WABA, life=timedelta(days=60)))

    renewed = await accounts.refresh(credentials(timedelta(days=5)))

    assert renewed.profile["businessAccountId"] == OTHER_WABA
    assert renewed.profile["wabaIds"] == [OTHER_WABA]


async def test_a_renewal_that_meta_refuses_asks_to_connect_again(
    accounts: WhatsAppAccounts, meta: Meta
) -> None:
    meta.token.respond(400, json={"error": {"code": 190, "error_subcode": 460}})

    with pytest.raises(AuthorizationError) as caught:
        await accounts.refresh(credentials(timedelta(days=5)))

    assert caught.value.subcode == 460


@pytest.mark.parametrize(
    ("granted", "readable", "left"),
    [
        ([WABA, OTHER_WABA], [WABA, OTHER_WABA], [WABA, OTHER_WABA]),
        ([OTHER_WABA], [WABA, OTHER_WABA], [OTHER_WABA]),
        ([WABA, OTHER_WABA], [OTHER_WABA], [OTHER_WABA]),
    ],
)
async def test_the_profile_is_what_the_token_reaches_now(
    accounts: WhatsAppAccounts,
    meta: Meta,
    granted: list[str],
    readable: list[str],
    left: list[str],
) -> None:
    meta.debug.respond(json=facts(*granted))
    meta.names = {each: NAMES[each] for each in readable}

    profile = await accounts.validate(credentials(None))

    assert profile == {
        "id": "7",
        "name": "Robin",
        "businessAccountId": left[0],
        "wabaIds": left,
        "wabaNames": {each: NAMES[each] for each in left},
        "scopes": SCOPES,
    }


@pytest.mark.parametrize(
    "answer",
    [
        facts(WABA, is_valid=False),
        facts(WABA, scopes=["whatsapp_business_messaging"]),
        facts(),
        facts("203390129340398"),
    ],
)
async def test_withdrawn_access_is_noticed(
    accounts: WhatsAppAccounts, meta: Meta, answer: dict[str, Any]
) -> None:
    meta.debug.respond(json=answer)

    for ask in (accounts.validate, accounts.refresh):
        with pytest.raises(AuthorizationError):
            await ask(credentials(None))
    with pytest.raises(AuthorizationError):
        await accounts.refresh(credentials(timedelta(days=5)))


async def test_a_grant_without_limits_keeps_what_it_can_still_read(
    accounts: WhatsAppAccounts, meta: Meta
) -> None:
    meta.debug.respond(json=facts(granular_scopes=UNRESTRICTED))
    meta.businesses.respond(400, json={"error": {"code": 10}})

    assert (await accounts.validate(credentials(None)))["wabaIds"] == [WABA]

    meta.names.clear()
    with pytest.raises(AuthorizationError, match="shared any more"):
        await accounts.validate(credentials(None))


@pytest.mark.parametrize("settings", [{}, {"defaultRegion": "DE"}, {"businessAccountId": WABA}])
async def test_settings_that_need_no_proof_ask_nobody(
    accounts: WhatsAppAccounts, meta: Meta, settings: dict[str, str]
) -> None:
    present = credentials(None)

    assert await accounts.check_settings(present, settings) == present.profile
    assert meta.debug.call_count == 0


@pytest.mark.parametrize(
    ("answer", "readable", "is_taken"),
    [
        (facts(WABA, OTHER_WABA), True, True),
        (facts(granular_scopes=UNRESTRICTED), True, True),
        (facts(WABA), True, False),
        (facts(granular_scopes=UNRESTRICTED), False, False),
    ],
)
async def test_a_business_account_that_a_person_names_is_proven_with_the_token(
    accounts: WhatsAppAccounts, meta: Meta, answer: dict[str, Any], readable: bool, is_taken: bool
) -> None:
    meta.debug.respond(json=answer)
    if not readable:
        del meta.names[OTHER_WABA]
    settings = {"businessAccountId": OTHER_WABA}

    if is_taken:
        profile = await accounts.check_settings(credentials(None), settings)
        assert (profile["wabaIds"], profile["wabaNames"]) == ([WABA, OTHER_WABA], NAMES)
        return
    with pytest.raises(RejectedError, match="was not shared with this account") as caught:
        await accounts.check_settings(credentials(None), settings)
    assert caught.value.field == "businessAccountId"
    assert f"Lucky Shrub ({WABA})" in caught.value.cause


async def test_a_region_that_no_country_has_is_refused(
    accounts: WhatsAppAccounts, meta: Meta
) -> None:
    with pytest.raises(RejectedError, match="XX") as caught:
        await accounts.check_settings(credentials(None), {"defaultRegion": "XX"})

    assert caught.value.field == "defaultRegion"


async def test_a_service_that_does_not_answer_proves_and_disproves_nothing(
    accounts: WhatsAppAccounts, meta: Meta
) -> None:
    meta.debug.respond(json=facts(granular_scopes=UNRESTRICTED))
    meta.businesses.respond(400, json={"error": {"code": 4}})

    with pytest.raises(ThrottledError):
        await accounts.validate(credentials(None))


async def test_wrong_app_credentials_are_the_administrators_concern(
    accounts: WhatsAppAccounts, meta: Meta
) -> None:
    meta.debug.respond(400, json={"error": {"code": 190, "message": "Invalid OAuth token"}})

    with pytest.raises(ConfigurationError, match="clientSecret"):
        await accounts.connect_token("EAApasted")
