"""The login dialog and the tokens that come out of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from appmixer.sandbox.testing import RunningSandbox
from appmixer.sandbox.world import seed

pytestmark = pytest.mark.anyio

REDIRECT = "http://127.0.0.1:9/auth/callback"
APP_TOKEN = f"{seed.APP_ID}|{seed.APP_SECRET}"
BOTH_SCOPES = ["whatsapp_business_management", "whatsapp_business_messaging"]

Json = dict[str, Any]


def _query(**changes: str) -> dict[str, str]:
    return {
        "client_id": seed.APP_ID,
        "redirect_uri": REDIRECT,
        "state": "state-1",
        "response_type": "code",
        **changes,
    }


def _plain(**changes: str) -> dict[str, str]:
    return _query(scope=",".join(BOTH_SCOPES), **changes)


def _answers(response: httpx.Response) -> dict[str, str]:
    assert response.status_code == 302, response.text
    location = urlsplit(response.headers["location"])
    assert f"{location.scheme}://{location.netloc}{location.path}" == REDIRECT
    return dict(parse_qsl(location.query))


async def _approve(
    graph: httpx.AsyncClient, query: dict[str, str], *, waba_ids: list[str], scopes: list[str]
) -> str:
    form = {"decision": "approve", "waba_ids": waba_ids, "scopes": scopes}
    answers = _answers(await graph.post("/dialog/oauth", params=query, data=form))
    assert answers.keys() == {"code", "state"}
    assert answers["state"] == "state-1"
    return answers["code"]


async def _exchange(graph: httpx.AsyncClient, code: str, **changes: str) -> httpx.Response:
    parameters = {
        "client_id": seed.APP_ID,
        "client_secret": seed.APP_SECRET,
        "code": code,
        "redirect_uri": REDIRECT,
        **changes,
    }
    return await graph.get("/oauth/access_token", params=parameters)


async def _inspect(graph: httpx.AsyncClient, token: str) -> Json:
    parameters = {"input_token": token, "access_token": APP_TOKEN}
    # The parameter must win nothing over a header, so this client has none.
    async with httpx.AsyncClient(base_url=graph.base_url, verify=False) as plain:
        data: Json = (await plain.get("/debug_token", params=parameters)).json()["data"]
    return data


async def _login(graph: httpx.AsyncClient, query: dict[str, str], **choice: list[str]) -> Json:
    """Log in and inspect what came of it."""
    code = await _approve(
        graph, query, waba_ids=choice.get("waba_ids", []), scopes=choice.get("scopes", BOTH_SCOPES)
    )
    token = (await _exchange(graph, code)).json()["access_token"]
    return await _inspect(graph, token)


def _refusal(answer: httpx.Response) -> tuple[int, int, int | None]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("error_subcode")


async def test_the_page_offers_scopes_accounts_and_a_way_out(graph: httpx.AsyncClient) -> None:
    page = await graph.get("/dialog/oauth", params=_query(config_id=seed.CONFIG_ID))

    assert page.status_code == 200
    for field in (
        'name="scopes" value="whatsapp_business_messaging" checked',
        f'name="waba_ids" value="{seed.WABA_ID}"',
        f'name="waba_ids" value="{seed.SECOND_WABA_ID}"',
        'name="decision" value="approve"',
        'name="decision" value="cancel"',
    ):
        assert field in page.text
    assert seed.OTHER_WABA_ID not in page.text


async def test_plain_login_shows_no_picker(graph: httpx.AsyncClient) -> None:
    page = await graph.get("/dialog/oauth", params=_plain())

    assert "waba_ids" not in page.text
    assert 'name="scopes"' in page.text


async def test_a_configured_login_grants_the_picked_accounts(graph: httpx.AsyncClient) -> None:
    token = await _login(graph, _query(config_id=seed.CONFIG_ID), waba_ids=[seed.WABA_ID])

    assert token["type"] == "SYSTEM_USER"
    assert token["is_valid"] is True
    assert token["expires_at"] - token["issued_at"] == 60 * 24 * 3600
    assert token["scopes"] == BOTH_SCOPES
    assert token["granular_scopes"] == [
        {"scope": scope, "target_ids": [seed.WABA_ID]} for scope in BOTH_SCOPES
    ]


async def test_choosing_nothing_grants_no_account(graph: httpx.AsyncClient) -> None:
    token = await _login(graph, _query(config_id=seed.CONFIG_ID))

    assert token["granular_scopes"] == [{"scope": scope, "target_ids": []} for scope in BOTH_SCOPES]


async def test_a_plain_login_is_not_limited_to_accounts(graph: httpx.AsyncClient) -> None:
    token = await _login(graph, _plain(), waba_ids=[seed.WABA_ID])

    assert token["type"] == "USER"
    assert token["scopes"] == [*BOTH_SCOPES, "public_profile"]
    assert token["granular_scopes"] == [{"scope": scope} for scope in BOTH_SCOPES]


async def test_asking_again_shows_the_picker(graph: httpx.AsyncClient) -> None:
    query = _plain(auth_type="rerequest")

    token = await _login(graph, query, waba_ids=[seed.SECOND_WABA_ID])

    assert token["granular_scopes"] == [
        {"scope": scope, "target_ids": [seed.SECOND_WABA_ID]} for scope in BOTH_SCOPES
    ]


async def test_without_asking_again_an_earlier_grant_is_silently_reused(
    graph: httpx.AsyncClient,
) -> None:
    await _login(graph, _plain(auth_type="rerequest"), waba_ids=[seed.WABA_ID])

    token = await _login(graph, _plain(), waba_ids=[seed.SECOND_WABA_ID], scopes=[])

    assert token["granular_scopes"] == [
        {"scope": scope, "target_ids": [seed.WABA_ID]} for scope in BOTH_SCOPES
    ]


async def test_a_declined_scope_is_not_granted(graph: httpx.AsyncClient) -> None:
    query = _query(config_id=seed.CONFIG_ID)

    token = await _login(graph, query, waba_ids=[seed.WABA_ID], scopes=BOTH_SCOPES[:1])

    assert token["scopes"] == BOTH_SCOPES[:1]
    assert token["granular_scopes"] == [{"scope": BOTH_SCOPES[0], "target_ids": [seed.WABA_ID]}]


async def test_cancelling_says_access_denied(graph: httpx.AsyncClient) -> None:
    answer = await graph.post("/dialog/oauth", params=_plain(), data={"decision": "cancel"})

    assert _answers(answer) == {
        "error": "access_denied",
        "error_code": "200",
        "error_description": "Permissions error",
        "error_reason": "user_denied",
        "state": "state-1",
    }


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (_plain(client_id="1"), "Invalid App ID"),
        (_plain(redirect_uri="https://elsewhere.example/cb"), "App Domains field"),
        (_plain(redirect_uri="http://127.0.0.1.elsewhere.example/"), "App Domains field"),
        (_plain(redirect_uri="//127.0.0.1/"), "App Domains field"),
        (_query(scope="whatsapp_business_everything"), "Invalid Scopes"),
        (_query(config_id="1"), "no login configuration"),
    ],
)
async def test_a_bad_request_gets_a_page_and_no_redirect(
    query: dict[str, str], words: str, graph: httpx.AsyncClient
) -> None:
    page = await graph.get("/dialog/oauth", params=query)
    post = await graph.post("/dialog/oauth", params=query, data={"decision": "approve"})

    assert (page.status_code, post.status_code) == (400, 400)
    assert words in page.text
    assert words in post.text


async def test_nobody_shares_accounts_of_others(graph: httpx.AsyncClient) -> None:
    form = {"decision": "approve", "waba_ids": [seed.OTHER_WABA_ID], "scopes": BOTH_SCOPES}

    answer = await graph.post("/dialog/oauth", params=_query(config_id=seed.CONFIG_ID), data=form)

    assert answer.status_code == 400


async def test_the_other_user_shares_her_own_account(graph: httpx.AsyncClient) -> None:
    form = {
        "decision": "approve",
        "waba_ids": [seed.OTHER_WABA_ID],
        "scopes": BOTH_SCOPES,
        "user_id": seed.OTHER_USER_ID,
    }

    answer = await graph.post("/dialog/oauth", params=_query(config_id=seed.CONFIG_ID), data=form)

    token = (await _exchange(graph, _answers(answer)["code"])).json()["access_token"]
    inspected = await _inspect(graph, token)
    assert inspected["user_id"] == seed.OTHER_USER_ID
    assert inspected["granular_scopes"][0]["target_ids"] == [seed.OTHER_WABA_ID]


async def test_the_page_escapes_what_it_was_told(graph: httpx.AsyncClient) -> None:
    page = await graph.get("/dialog/oauth", params=_query(scope="<script>alert(1)</script>"))

    assert "<script>" not in page.text


async def test_a_code_works_once(graph: httpx.AsyncClient) -> None:
    code = await _approve(graph, _plain(), waba_ids=[], scopes=BOTH_SCOPES)

    first = await _exchange(graph, code)
    second = await _exchange(graph, code)

    assert first.json().keys() == {"access_token", "token_type", "expires_in"}
    assert _refusal(second) == (400, 100, 36009)


async def test_a_code_runs_out(sandbox: RunningSandbox, graph: httpx.AsyncClient) -> None:
    code = await _approve(graph, _plain(), waba_ids=[], scopes=BOTH_SCOPES)
    sandbox.world.clock.move_to(sandbox.world.clock.now() + 601)

    answer = await _exchange(graph, code)

    assert _refusal(answer) == (400, 100, 36007)


async def test_a_code_belongs_to_its_redirect_address(graph: httpx.AsyncClient) -> None:
    code = await _approve(graph, _plain(), waba_ids=[], scopes=BOTH_SCOPES)

    answer = await _exchange(graph, code, redirect_uri=f"{REDIRECT}/")

    assert _refusal(answer) == (400, 100, 36008)
    assert (await _exchange(graph, code)).status_code == 200


async def test_a_code_needs_the_right_secret(graph: httpx.AsyncClient) -> None:
    code = await _approve(graph, _plain(), waba_ids=[], scopes=BOTH_SCOPES)

    answer = await _exchange(graph, code, client_secret="wrong")

    assert _refusal(answer) == (400, 1, None)


async def _user_token(graph: httpx.AsyncClient, scopes: list[str] | None = None) -> str:
    chosen = scopes if scopes is not None else BOTH_SCOPES
    query = _query(scope=",".join(chosen))
    code = await _approve(graph, query, waba_ids=[], scopes=chosen)
    token: str = (await _exchange(graph, code)).json()["access_token"]
    return token


def _longer(token: str, **more: str) -> dict[str, str]:
    return {
        "grant_type": "fb_exchange_token",
        "client_id": seed.APP_ID,
        "client_secret": seed.APP_SECRET,
        "fb_exchange_token": token,
        **more,
    }


async def test_a_user_token_becomes_long_lived(graph: httpx.AsyncClient) -> None:
    token = await _user_token(graph)

    answer = (await graph.get("/oauth/access_token", params=_longer(token))).json()

    assert answer["expires_in"] == 5183944
    assert answer["access_token"] != token
    assert (await _inspect(graph, token))["is_valid"] is True


async def test_an_expired_token_cannot_be_exchanged(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    token = await _user_token(graph)
    sandbox.world.clock.move_to(sandbox.world.clock.now() + 5401)

    answer = await graph.get("/oauth/access_token", params=_longer(token))

    assert _refusal(answer) == (401, 190, 463)
    inspected = await _inspect(graph, token)
    assert inspected["is_valid"] is False
    assert inspected["scopes"] == []
    assert (inspected["error"]["code"], inspected["error"]["subcode"]) == (190, 463)


async def test_a_system_users_token_is_refreshed_for_sixty_days(graph: httpx.AsyncClient) -> None:
    code = await _approve(
        graph,
        _query(config_id=seed.CONFIG_ID),
        waba_ids=[seed.WABA_ID],
        scopes=BOTH_SCOPES,
    )
    token = (await _exchange(graph, code)).json()["access_token"]

    same = (await graph.get("/oauth/access_token", params=_longer(token))).json()
    parameters = _longer(token, set_token_expires_in_60_days="true")
    fresh = (await graph.get("/oauth/access_token", params=parameters)).json()

    assert same["access_token"] == token
    assert fresh["access_token"] != token
    assert fresh["expires_in"] == 60 * 24 * 3600


async def test_an_app_gets_its_own_token(graph: httpx.AsyncClient) -> None:
    parameters = {
        "grant_type": "client_credentials",
        "client_id": seed.APP_ID,
        "client_secret": seed.APP_SECRET,
    }

    answer = await graph.get("/oauth/access_token", params=parameters)

    assert answer.json() == {"access_token": APP_TOKEN, "token_type": "bearer"}


async def test_an_unknown_token_is_invalid_and_not_an_error(graph: httpx.AsyncClient) -> None:
    inspected = await _inspect(graph, "EAAnonsense")

    assert inspected == {
        "error": {
            "code": 190,
            "message": "Invalid OAuth access token - Cannot parse access token",
        },
        "is_valid": False,
        "scopes": [],
    }


async def test_a_stranger_cannot_inspect_a_token(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    async with sandbox.graph(seed.OTHER_SYSTEM_USER_TOKEN) as other:
        answer = await other.get("/debug_token", params={"input_token": seed.SYSTEM_USER_TOKEN})

    assert _refusal(answer) == (400, 100, None)


async def test_revoking_ends_every_token_of_the_user(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    token = await _user_token(graph)
    async with sandbox.graph(token) as user:
        assert (await user.delete("/me/permissions")).json() == {"success": True}

        answer = await user.get("/me")

    assert _refusal(answer) == (401, 190, 458)
    assert (await _inspect(graph, token))["is_valid"] is False


async def test_businesses_need_the_business_permission(
    sandbox: RunningSandbox, graph: httpx.AsyncClient
) -> None:
    without = await _user_token(graph)
    with_it = await _user_token(graph, [*BOTH_SCOPES, "business_management"])
    fields = "id,name,owned_whatsapp_business_accounts{id,name}"

    async with sandbox.graph(without) as user:
        refused = await user.get("/me/businesses", params={"fields": fields})
    async with sandbox.graph(with_it) as user:
        listed = await user.get("/me/businesses", params={"fields": fields})

    assert _refusal(refused) == (403, 100, None)
    business = listed.json()["data"][0]
    assert business["owned_whatsapp_business_accounts"]["data"] == [
        {"id": seed.WABA_ID, "name": "Lucky Shrub"},
        {"id": seed.SECOND_WABA_ID, "name": "Lucky Shrub Nursery"},
    ]


async def test_an_address_is_refused_for_its_domain_or_for_not_being_listed(
    graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    listed = "https://flows.example/auth/callback"
    await controls.patch(f"/apps/{seed.APP_ID}", json={"redirectUris": [listed]})

    fine = await graph.get("/dialog/oauth", params=_plain(redirect_uri=listed))
    other_path = await graph.get("/dialog/oauth", params=_plain(redirect_uri=f"{listed}/"))
    other_domain = await graph.get(
        "/dialog/oauth", params=_plain(redirect_uri="https://other.example/")
    )

    assert fine.status_code == 200
    assert (other_path.status_code, other_domain.status_code) == (400, 400)
    assert "not white-listed in the app&#x27;s client OAuth settings" in other_path.text
    assert "App Domains field in your app settings" in other_domain.text


async def test_a_code_is_not_exchanged_for_another_domain(graph: httpx.AsyncClient) -> None:
    code = await _approve(graph, _plain(), waba_ids=[], scopes=BOTH_SCOPES)

    answer = await _exchange(graph, code, redirect_uri="https://other.example/auth/callback")

    assert _refusal(answer) == (400, 191, None)
    assert "App Domains field" in answer.json()["error"]["message"]


async def _page(graph: httpx.AsyncClient, query: dict[str, str]) -> str:
    return (await graph.get("/dialog/oauth", params=query)).text


@pytest.mark.parametrize("again", [{}, {"auth_type": "rerequest"}])
async def test_who_granted_before_may_see_continue_as_and_the_picker_behind_edit_settings(
    again: dict[str, str], graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    query = _query(config_id=seed.CONFIG_ID, **again)
    await controls.post("/settings", json={"login": "continueAs"})
    before = await _page(graph, query)
    await _login(graph, query, waba_ids=[seed.SECOND_WABA_ID])

    after = await _page(graph, query)
    edited = await _page(graph, {**query, "edit_settings": "1"})
    token = await _login(graph, query, waba_ids=[seed.WABA_ID])

    assert ("Continue as" in before, "waba_ids" in before) == (True, True)
    assert ("?</h2>" in after, "Edit settings</a>" in after, "waba_ids" in after) == (
        True,
        True,
        False,
    )
    assert ("Edit settings" in edited, "waba_ids" in edited) == (False, True)
    assert [grant["target_ids"] for grant in token["granular_scopes"]] == [
        [seed.SECOND_WABA_ID]
    ] * 2


@pytest.mark.parametrize("config_id", [seed.CONFIG_ID, "deleted"])
async def test_a_configuration_that_is_gone_leaves_a_plain_consent_and_a_grant_without_accounts(
    config_id: str, graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    query = _plain(config_id=config_id)
    await controls.post("/settings", json={"login": "plain"})

    page = await _page(graph, query)
    token = await _login(graph, query)

    assert ('name="scopes"' in page, "waba_ids" in page) == (True, False)
    assert token["granular_scopes"] == [{"scope": scope} for scope in BOTH_SCOPES]


@pytest.mark.parametrize(
    "query",
    [
        _query(scope=",".join([*BOTH_SCOPES, "business_management"])),
        _query(scope="business_management"),
    ],
)
async def test_a_permission_that_an_app_may_not_ask_for_is_an_invalid_scope(
    query: dict[str, str], graph: httpx.AsyncClient, controls: httpx.AsyncClient
) -> None:
    await controls.post("/settings", json={"refusedScopes": ["business_management"]})

    refused = await graph.get("/dialog/oauth", params=query)
    without = await graph.get("/dialog/oauth", params=_plain())

    assert refused.status_code == 400
    assert "Invalid Scopes: business_management. This message is only shown" in refused.text
    assert without.status_code == 200
