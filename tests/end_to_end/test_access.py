"""Access that Meta withdraws is known here soon, without anybody's doing anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import BIN, World, running

WABA, SECOND_WABA = "102290129340398", "102290129340399"
SCOPES = ["whatsapp_business_management", "whatsapp_business_messaging"]


@pytest.fixture(scope="module")
def watchful_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world whose engine proves every account again each second."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("APPMIXER_PROOF_INTERVAL_S", "1")
        with running(tmp_path_factory.mktemp("world"), [str(BIN / "appmixer")]) as world:
            yield world


@pytest.fixture
def watchful(watchful_world: World) -> World:
    watchful_world.sandbox_call("POST", "/_sandbox/reset")
    for account in watchful_world.engine_call("GET", "/api/accounts")["accounts"]:
        watchful_world.engine_call("DELETE", f"/api/accounts/{account['id']}")
    return watchful_world


def person(world: World, wabas: list[str]) -> str:
    """Make a system user of the first business, and return the id."""
    [business] = [
        each["id"]
        for each in world.sandbox_call("GET", "/_sandbox/world")["businesses"]
        if each["name"] == "Lucky Shrub"
    ]
    made = world.sandbox_call(
        "POST",
        "/_sandbox/users",
        {"name": "Sam", "businessIds": [business], "wabaIds": wabas, "isSystem": True},
    )
    return str(made["id"])


def connected(world: World, user: str, reach: list[str] | None) -> tuple[str, str]:
    """Connect with a token of the user's that never ends; return the account's id and the token."""
    scopes = dict.fromkeys(SCOPES, reach)
    token = world.sandbox_call("POST", "/_sandbox/tokens", {"userId": user, "scopes": scopes})
    account = world.connect("acme", token["value"])
    assert account["profile"]["wabaIds"] == sorted([WABA, SECOND_WABA])
    return account["id"], token["value"]


def known(world: World, account_id: str) -> dict[str, Any]:
    account: dict[str, Any] = world.engine_call("GET", f"/api/accounts/{account_id}")
    return account


@pytest.mark.parametrize("reach", [[WABA, SECOND_WABA], None], ids=["listed", "without limits"])
def test_a_withdrawn_business_account_leaves_the_profile(
    watchful: World, reach: list[str] | None
) -> None:
    user = person(watchful, [WABA, SECOND_WABA])
    account_id, _ = connected(watchful, user, reach)

    watchful.sandbox_call("PATCH", f"/_sandbox/users/{user}", {"wabaIds": [SECOND_WABA]})

    watchful.wait_until(
        lambda: known(watchful, account_id)["profile"]["wabaIds"] == [SECOND_WABA],
        "the profile tells what is left",
    )
    account = known(watchful, account_id)
    assert (account["state"], account["profile"]["businessAccountId"]) == ("connected", SECOND_WABA)

    watchful.sandbox_call("PATCH", f"/_sandbox/users/{user}", {"wabaIds": []})

    watchful.wait_until(
        lambda: known(watchful, account_id)["state"] == "reconnect", "nothing is left"
    )
    assert "shared any more" in known(watchful, account_id)["reason"]


def test_a_token_that_meta_deleted_ends_the_account(watchful: World) -> None:
    user = person(watchful, [WABA, SECOND_WABA])
    account_id, token = connected(watchful, user, [WABA, SECOND_WABA])

    watchful.sandbox_call("DELETE", f"/_sandbox/tokens/{token}")

    watchful.wait_until(
        lambda: known(watchful, account_id)["state"] == "reconnect", "the account is marked"
    )
    assert "not valid" in known(watchful, account_id)["reason"]
