"""Engine and sandbox, with the engine's clock in hand: why a message stays silent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from appmixer.engine.accounts.api_token import read_token
from appmixer.engine.api.application import create_app
from appmixer.engine.contract import SystemClock
from appmixer.engine.host.engine import Engine, open_engine
from appmixer.engine.runs import followed
from appmixer.engine.settings import Settings
from appmixer.sandbox.testing import RunningSandbox, running_sandbox, serving

pytestmark = pytest.mark.anyio

NUMBER, WABA = "106540352242922", "102290129340398"
PERSON, STRANGER = "16505551234", "16505557077"
DEADLINE_S = 60.0
TEXT = {"text": "Hello", "windowPolicy": "send"}
TEMPLATE = {"templateName": "hello_world", "languageCode": "en_US"}


class Clock(SystemClock):
    """The machine's clock, some time ahead; what sleeps already is not woken by a move."""

    ahead_s = 0.0

    @property
    def now(self) -> float:
        return super().now + self.ahead_s

    @property
    def elapsed(self) -> float:
        return super().elapsed + self.ahead_s

    def advance(self, seconds: float) -> None:
        self.ahead_s += seconds


@dataclass
class Site:
    """An engine with the seeded account, behind a socket, and a sandbox whose webhooks it gets."""

    sandbox: RunningSandbox
    controls: httpx.AsyncClient
    engine: Engine
    client: httpx.AsyncClient
    clock: Clock
    sends: list[str] = field(default_factory=list[str])

    async def control(self, path: str, change: Any, method: str = "POST") -> None:
        (await self.controls.request(method, path, json=change)).raise_for_status()

    async def call(self, method: str, path: str, json: Any = None) -> Any:
        answer = await self.client.request(method, path, json=json)
        assert answer.is_success, answer.text
        return answer.json()

    async def says(self, person: str = PERSON) -> None:
        """Let a person write, and wait until the engine knows of it."""
        message = {"type": "text", "text": {"body": "Hi"}}
        before = len((await self.call("GET", "/api/events?unrouted=true"))["events"])
        await self.control(f"/people/{person}/messages", message)

        async def is_known() -> bool:
            return len((await self.call("GET", "/api/events?unrouted=true"))["events"]) > before

        await until(is_known)

    async def sent(
        self, component: str, to: str = PERSON, *, ends: str = "completed", **input: Any
    ) -> str:
        """Send by a flow that is run by hand, and return the run's id once it has come so far."""
        flow_id = f"send-{len(self.sends)}"
        document = {
            "name": flow_id,
            "components": {
                "begin": {"type": "appmixer.utilities.OnStart"},
                "send": {
                    "type": f"appmixer.whatsapp.{component}",
                    "account": "acme",
                    "source": {"in": {"begin": ["started"]}},
                    "input": {"phoneNumberId": NUMBER, "to": f"+{to}", **input},
                },
            },
        }
        self.sends.append(flow_id)
        await self.call("PUT", f"/api/flows/{flow_id}", document)
        await self.call("POST", f"/api/flows/{flow_id}/start")

        async def ended() -> Any:
            runs = (await self.call("GET", f"/api/runs?flowId={flow_id}"))["runs"]
            return [run["id"] for run in runs if run["status"] == ends]

        [run_id] = await until(ended)
        return str(run_id)

    async def become_deaf(self) -> None:
        """Let no status come, and Meta refuse to change that."""
        async with self.sandbox.graph() as graph:
            (await graph.delete(f"/{WABA}/subscribed_apps")).raise_for_status()
        refusal = {"endpoint": "subscribed_apps", "method": "POST", "code": 10, "count": 1_000}
        await self.control("/faults", refusal)

    async def fate(self, run_id: str) -> dict[str, Any]:
        fate: dict[str, Any] = (await self.call("GET", f"/api/runs/{run_id}"))["steps"][1]["fate"]
        return fate

    async def heard(self, run_id: str) -> None:
        """Wait until the first status of the message has come."""

        async def is_there() -> bool:
            run = await self.call("GET", f"/api/runs/{run_id}")
            return bool(run["fates"])

        await until(is_there)

    async def silence(self, run_id: str) -> list[str]:
        """Return the names of the likely reasons once thirty seconds have passed."""
        assert (await self.fate(run_id))["silentSince"] is None
        self.clock.advance(30.0)
        fate = await self.fate(run_id)
        assert (fate["state"], bool(fate["silentSince"])) == ("accepted", True)
        assert all(each["finding"] for each in fate["reasons"])
        return [each["name"] for each in fate["reasons"]]


async def until(find: Callable[[], Awaitable[Any]]) -> Any:
    end = time.monotonic() + DEADLINE_S
    while not (found := await find()):
        assert time.monotonic() < end
        await asyncio.sleep(0.02)
    return found


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(running_sandbox())
        settings = Settings(
            data=tmp_path / "data",
            environment={
                "APPMIXER_WHATSAPP_CLIENT_ID": "100000000000001",
                "APPMIXER_WHATSAPP_CLIENT_SECRET": "sandbox-app-secret",
                "APPMIXER_WHATSAPP_VERIFY_TOKEN": "sandbox-verify-token",
                "APPMIXER_WHATSAPP_GRAPH_URL": sandbox.url,
                "APPMIXER_WHATSAPP_DIALOG_URL": sandbox.url,
            },
        )
        clock = Clock()
        engine = await stack.enter_async_context(open_engine(settings, clock=clock))
        url = await stack.enter_async_context(serving(create_app(engine)))
        token = read_token(settings.data, settings.environment)
        headers = {"Authorization": f"Bearer {token}"}
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=url, headers=headers, timeout=DEADLINE_S, trust_env=False)
        )
        controls = await stack.enter_async_context(sandbox.controls())
        site = Site(sandbox, controls, engine, client, clock)
        account = {"service": "appmixer:whatsapp", "name": "acme", "accessToken": "EAAsandbox"}
        await site.call("POST", "/api/accounts", account)
        async with sandbox.graph() as graph:
            pin = {"messaging_product": "whatsapp", "pin": "000000"}
            (await graph.post(f"/{NUMBER}/register", json=pin)).raise_for_status()
            (await graph.post(f"/{WABA}/subscribed_apps")).raise_for_status()
        callback = f"{url}/plugins/appmixer/whatsapp/events"
        await site.control("/webhook", {"callbackUrl": callback})
        yield site


async def test_of_free_text_to_somebody_unheard_of_the_window_comes_first(site: Site) -> None:
    await site.control("/settings", {"outOfWindow": "silent"})
    run_id = await site.sent("SendText", **TEXT)
    await site.heard(run_id)

    reasons = await site.silence(run_id)

    assert reasons[:2] == ["window", "list"]
    assert set(reasons) == {"window", "list", "phone", "blocked", "payment"}


async def test_of_free_text_in_a_closed_window_the_window_comes_first(site: Site) -> None:
    await site.control("/settings", {"outOfWindow": "silent"})
    await site.says()
    await site.control("/clock", {"advanceS": 25 * 3600})
    site.clock.advance(25 * 3600)
    run_id = await site.sent("SendText", **TEXT)
    await site.heard(run_id)

    assert (await site.silence(run_id))[0] == "window"
    [reason, *_] = (await site.fate(run_id))["reasons"]
    assert "more than 24 hours old" in reason["finding"]
    assert "template" in reason["cure"]


async def test_of_free_text_without_a_payment_method_that_comes_first(site: Site) -> None:
    await site.control("/settings", {"payment": "silent"})
    await site.says()
    run_id = await site.sent("SendText", **TEXT)
    await site.heard(run_id)

    reasons = await site.silence(run_id)

    [reason, *_] = (await site.fate(run_id))["reasons"]
    assert reasons[0] == "payment"
    assert reasons.count("payment") == 1
    assert "October 2026" in reason["finding"]
    assert "payment method" in reason["cure"]


async def test_the_doctor_names_the_missing_payment_method(site: Site) -> None:
    [account] = (await site.call("GET", "/api/accounts"))["accounts"]
    path = f"/api/accounts/{account['id']}/checks"

    paid = {each["name"]: each["state"] for each in (await site.call("GET", path))["checks"]}
    await site.control("/settings", {"payment": "silent"})
    unpaid = {each["name"]: each for each in (await site.call("GET", path))["checks"]}

    assert paid[f"sending {WABA}"] == "fine"
    assert unpaid[f"sending {WABA}"]["state"] == "fault"
    assert "no payment method" in unpaid[f"sending {WABA}"]["finding"]


@pytest.mark.parametrize("change", [{"online": False}, {"blocks": [NUMBER]}])
async def test_of_a_phone_that_is_off_and_a_person_who_has_blocked_both_are_said(
    site: Site, change: dict[str, Any]
) -> None:
    await site.says()
    await site.control(f"/people/{PERSON}", change, "PATCH")
    run_id = await site.sent("SendText", **TEXT)
    await site.heard(run_id)

    assert (await site.silence(run_id))[:2] == ["phone", "blocked"]


async def test_who_has_written_since_has_neither_a_phone_that_is_off_nor_blocked_anybody(
    site: Site,
) -> None:
    await site.control("/settings", {"payment": "silent"})
    await site.says()
    run_id = await site.sent("SendText", **TEXT)
    await site.heard(run_id)
    await site.control("/clock", {"advanceS": 20})
    await site.says()

    reasons = await site.silence(run_id)

    assert reasons[0] == "payment"
    assert not {"phone", "blocked"} & {*reasons}


async def test_a_template_needs_no_window_and_may_miss_the_apps_list(site: Site) -> None:
    await site.control(f"/people/{PERSON}", {"online": False}, "PATCH")
    run_id = await site.sent("SendTemplate", **TEMPLATE)
    await site.heard(run_id)

    assert await site.silence(run_id) == ["list", "phone", "blocked"]

    await site.control("/settings", {"mode": "live"})
    site.clock.advance(120.0)
    reasons = [each["name"] for each in (await site.fate(run_id))["reasons"]]
    assert reasons == ["phone", "blocked"]


async def test_where_no_status_comes_here_only_that_is_the_reason(site: Site) -> None:
    await site.become_deaf()
    run_id = await site.sent("SendTemplate", **TEMPLATE)

    assert await site.silence(run_id) == [f"subscription {WABA}", "webhook"]


async def test_a_number_that_may_not_send_any_more_is_told_before_the_window(site: Site) -> None:
    await site.control("/settings", {"outOfWindow": "silent"})
    run_id = await site.sent("SendText", **TEXT)
    await site.heard(run_id)
    site.sandbox.world.numbers[NUMBER].is_registered = False

    assert (await site.silence(run_id))[:2] == ["sending", "window"]


async def test_a_send_that_waits_until_it_is_delivered_is_silent_meanwhile(site: Site) -> None:
    await site.says()
    await site.control(f"/people/{PERSON}", {"online": False}, "PATCH")
    run_id = await site.sent("SendText", **TEXT, ends="waiting", waitFor="delivered")
    await site.heard(run_id)

    assert (await site.silence(run_id))[:2] == ["phone", "blocked"]

    await site.control(f"/people/{PERSON}", {"online": True}, "PATCH")

    async def is_over() -> bool:
        return bool((await site.call("GET", f"/api/runs/{run_id}"))["status"] == "completed")

    await until(is_over)
    assert (await site.fate(run_id))["silentSince"] is None


async def test_a_send_that_waits_and_of_which_no_status_comes_says_so(site: Site) -> None:
    await site.become_deaf()
    run_id = await site.sent("SendTemplate", **TEMPLATE, ends="waiting", waitFor="delivered")

    assert await site.silence(run_id) == [f"subscription {WABA}", "webhook"]


async def test_a_delivered_message_ends_its_silence(site: Site) -> None:
    await site.says()
    await site.control(f"/people/{PERSON}", {"online": False}, "PATCH")
    run_id = await site.sent("SendText", **TEXT)
    await site.heard(run_id)
    await site.silence(run_id)

    await site.control(f"/people/{PERSON}", {"online": True}, "PATCH")

    async def is_read() -> bool:
        return bool((await site.fate(run_id))["state"] == "read")

    await until(is_read)
    fate = await site.fate(run_id)
    assert (fate["silentSince"], fate["reasons"]) == (None, [])


@pytest.mark.parametrize(
    ("person", "input", "told"),
    [
        ({}, {}, ("completed", "delivered", None)),
        ({}, {"waitFor": "read"}, ("waiting", "delivered", None)),
        ({"failNext": {"code": 131047}}, {}, ("completed", "failed", 131047)),
    ],
    ids=["delivered", "while it waits", "lost"],
)
async def test_a_test_of_a_send_says_what_became_of_its_message(
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    person: dict[str, Any],
    input: dict[str, Any],
    told: tuple[str, str, int | None],
) -> None:
    monkeypatch.setattr(followed, "FOLLOWED_FOR_S", DEADLINE_S)
    await site.control("/settings", {"statusDelaysS": {"read": 3600}})
    await site.says()
    await site.control(f"/people/{PERSON}", person, "PATCH")
    to = {"phoneNumberId": NUMBER, "to": f"+{PERSON}", "text": "Hello"}
    content = {"account": "acme", "input": {**to, **input}}

    answer = await site.call("POST", "/api/components/appmixer.whatsapp.SendText/test", content)

    fate = answer["fate"]
    code = fate["error"]["code"] if fate["error"] else None
    assert (answer["status"], fate["state"], code) == told


async def test_meta_is_asked_about_the_number_once_a_minute_however_often_one_looks(
    site: Site,
) -> None:
    await site.control("/settings", {"outOfWindow": "silent"})
    run_id = await site.sent("SendText", **TEXT)
    await site.heard(run_id)
    await site.silence(run_id)
    before = len((await site.controls.get("/calls?limit=1000")).json()["calls"])

    for _ in range(5):
        await site.fate(run_id)
    during = len((await site.controls.get("/calls?limit=1000")).json()["calls"])
    site.clock.advance(60.0)
    await site.fate(run_id)
    after = len((await site.controls.get("/calls?limit=1000")).json()["calls"])

    assert (during - before, after - during) == (0, 1)
