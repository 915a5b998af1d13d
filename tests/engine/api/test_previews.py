"""What a step will do, shown while its form is filled in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from appmixer.engine.contract import (
    ComponentContext,
    Connector,
    Json,
    Part,
    Preview,
    connectors_of,
    hookimpl,
)
from appmixer.engine.host import previews
from appmixer.engine.host.engine import Engine

from ..conftest import Heard, Say, echo_module

pytestmark = pytest.mark.anyio

NAMED = {"type": "test.echo.Say", "account": "keys"}


class Shown(Say):
    """https://example.org/shown"""

    async def preview(self, context: ComponentContext, input: Mapping[str, Json]) -> Preview:
        if input.get("text") == "slow":
            await asyncio.Event().wait()
        account = context.account.name if input.get("then") == "ask" else ""
        parts = [Part("text", str(input.get("text"))), Part("card", parts=[Part("button", "Go")])]
        return Preview(account, bubble=parts, notes=sorted(input))


@pytest.fixture
def connectors() -> dict[str, Connector]:
    module: Any = echo_module()
    module.appmixer_components = hookimpl(
        lambda: {"test.echo.Heard": Heard, "test.echo.Say": Shown}
    )
    return connectors_of(module)


async def text_of(client: httpx.AsyncClient, text: Any, given: Any = None) -> Any:
    """Return how a text of the form is shown."""
    query = {**NAMED, "input": {"text": text}, "given": given or {}}
    answer = await client.post("/api/previews", json=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["preview"]["bubble"][0]["text"]


async def test_a_step_is_shown_as_its_component_says(admin: httpx.AsyncClient, owner: str) -> None:
    answer = await admin.post(
        "/api/previews", json={**NAMED, "input": {"text": "Hi", "then": "ask"}}
    )

    assert answer.json()["preview"] == {
        "summary": "keys",
        "recipient": "",
        "region": "",
        "bubble": [
            {"kind": "text", "text": "Hi", "link": "", "parts": []},
            {
                "kind": "card",
                "text": "",
                "link": "",
                "parts": [{"kind": "button", "text": "Go", "link": "", "parts": []}],
            },
        ],
        "cost": "",
        "notes": ["text", "then"],
    }


async def test_expressions_are_shown_with_what_is_known_and_else_as_written(
    admin: httpx.AsyncClient, owner: str
) -> None:
    given = {"incoming": {"heard": {"text": "Ada"}}}

    assert await text_of(admin, "Hi {{ incoming.heard.text }}", given) == "Hi Ada"
    unnamed = {"check": {"true": {"text": "Ada"}, "maybe": {"text": "Eve"}}}
    assert await text_of(admin, "{{ check.text }} {{ check.maybe.text }}", unnamed) == "Ada Eve"
    for unknown in ("Hi {{ incoming.heard.text }}", "{{ 1 + }}", "{{ nonsense( }}", "Hi {{"):
        assert await text_of(admin, unknown) == unknown
    assert await text_of(admin, {"$literal": "Hi {{1}}"}) == "Hi {{1}}"


async def test_what_the_time_decides_is_shown_as_it_is_now(
    admin: httpx.AsyncClient, owner: str, engine: Engine
) -> None:
    today = datetime.fromtimestamp(engine.clock.now, UTC)

    shown = await text_of(admin, "{{ formatDate(now(), 'yyyy-MM') }}")

    # A month may begin between the two.
    assert shown in (f"{today:%Y-%m}", f"{today + timedelta(days=1):%Y-%m}")


async def test_expressions_that_would_cost_too_much_are_shown_as_written(
    admin: httpx.AsyncClient, owner: str
) -> None:
    texts = [f"{{{{ '{number:0>90}' }}}}" for number in range(300)]

    shown = await text_of(admin, texts)

    assert f"{0:0>90}" in shown
    assert texts[0] not in shown
    assert texts[-1] in shown


async def test_secrets_stay_out_of_it(admin: httpx.AsyncClient, owner: str) -> None:
    answer = await admin.post(
        "/api/previews", json={**NAMED, "input": {"text": "a", "pin": "123456"}}
    )

    assert answer.json()["preview"]["notes"] == ["text"]


async def test_a_component_that_shows_nothing_says_so(admin: httpx.AsyncClient) -> None:
    answer = await admin.post("/api/previews", json={"type": "test.echo.Heard"})

    assert answer.json() == {"preview": None}


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ({"type": "test.echo.Nothing"}, 404, "There is no component 'test.echo.Nothing'"),
        ({"type": "test.echo.Say", "account": "none"}, 422, "There is no account none"),
        ({"type": "test.echo.Say", "input": {"then": "ask"}}, 422, "No account is chosen"),
        ({**NAMED, "input": {"text": [0] * 10_001}}, 422, "more than 10,000 values"),
        ({**NAMED, "given": {"a": {"b": [0] * 10_001}}}, 422, "more than 10,000 values"),
        ({**NAMED, "given": []}, 422, "given"),
        ({"input": {}}, 422, "type"),
    ],
)
async def test_what_cannot_be_shown_is_refused_in_words(
    admin: httpx.AsyncClient, owner: str, query: dict[str, Any], status: int, said: str
) -> None:
    answer = await admin.post("/api/previews", json=query)

    assert answer.status_code == status
    assert said in answer.text


async def test_nobody_waits_long_for_a_service(
    admin: httpx.AsyncClient, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "PATIENCE_S", 0.01)

    answer = await admin.post("/api/previews", json={**NAMED, "input": {"text": "slow"}})

    assert answer.status_code == 429
    assert answer.json()["error"]["title"] == "The preview takes too long"


async def test_another_owners_account_is_none(other: httpx.AsyncClient, owner: str) -> None:
    answer = await other.post("/api/previews", json={**NAMED, "input": {"text": "a"}})

    assert answer.status_code == 422
    assert answer.json()["error"]["title"] == "There is no account keys"
