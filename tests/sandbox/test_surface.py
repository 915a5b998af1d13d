"""What of Meta's surface the sandbox has: put to a running one, and written down.

`python tests/sandbox/test_surface.py` writes docs/sandbox-surface.md again.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from appmixer.sandbox.behaviour.groups import members
from appmixer.sandbox.behaviour.login import tokens
from appmixer.sandbox.protocol.shapes import is_array, is_object
from appmixer.sandbox.protocol.signing import proof_of
from appmixer.sandbox.testing import Receiver, RunningSandbox, receiving, running_sandbox, until
from appmixer.sandbox.world import seed
from appmixer.sandbox.world.entities import MANAGEMENT, MESSAGING, AuthorizationCode, PhoneNumber

pytestmark = pytest.mark.anyio

PAGE = Path(__file__).parents[2] / "docs" / "sandbox-surface.md"
SURFACE = Path(__file__).parents[1] / "data" / "surface.json"
RESPONSES = SURFACE.parent / "responses"
PLACE = re.compile(r"\{([a-z-]+)\}")
LEAST_SHARE = 0.95
FILES = {
    "image": "image/png",
    "video": "video/mp4",
    "audio": "audio/mpeg",
    "document": "application/pdf",
    "sticker": "image/webp",
}
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
PUBLIC_KEY = (
    "-----BEGIN PUBLIC KEY-----\n"
    + base64.encodebytes(
        bytes.fromhex("30820122300d06092a864886f70d01010105000382010f003082010a0282010100")
        + b"\xab" * 256
        + bytes.fromhex("0203010001")
    ).decode()
    + "-----END PUBLIC KEY-----\n"
)
MAY_CALL = {
    "type": "interactive",
    "interactive": {
        "type": "call_permission_reply",
        "call_permission_reply": {
            "response": "accept",
            "is_permanent": False,
            "response_source": "user_action",
        },
    },
}

SIMULATED, PARTLY, REFUSED = "simulated", "partly", "refused (501)"
# What a caller misses in a call that is simulated only in part.
MISSING = {
    "POST /{phone-number-id}/messages": (
        "ids of products, catalogs and unknown Flows are believed; no price category "
        "authentication-international; groups need no open window"
    ),
    "POST /{phone-number-id}/marketing_messages": (
        "taps make no `user_actions` webhook by themselves; templates have no maximum price"
    ),
    "GET /message_template_library": "a few wordings of our own instead of Meta's",
    "GET /{waba-id}/message_template_previews": "ten languages; English stands in for others",
    "GET /{waba-id}/template_analytics": (
        "clicks on quick replies only, one made-up price a category, and only what phones keep"
    ),
    "GET /{template-id}/compare": "the reason of blocks is always unknown",
    "POST /{waba-id}/message_templates": (
        "the review rejects variables side by side and otherwise does as the settings say"
    ),
    "GET /{waba-id}/message_templates": (
        "header samples are handles, not addresses; nothing is archived after twelve months"
    ),
    "POST /{waba-id}/phone_numbers": "a number confirmed before (`preverified_id`) is never known",
    "GET /{phone-number-id}/message_history": "its shape is unconfirmed",
    "GET /{id}/events": "of a number only, and its shape is unconfirmed",
    "POST /{phone-number-id}/official_business_account": "the application stays pending",
    "GET /{waba-id}?fields=pricing_analytics": "one price list for all countries",
    "GET /{waba-id}?fields=conversation_analytics": "one price list for all countries",
    "POST /{waba-id}/flows": "checked, not drawn; endpoints of Flows are never called",
}
# Where an answer has not exactly the keys of Meta's example, and why.
DELIBERATE = {
    "GET /{media-id}": "a number as its size, as clients get it; the example has a text",
    "GET /{phone-number-id}/message_qrdls": "with cursors, like every list; the example has none",
    "POST /{template-id}": "id, name and category too: pywa reads them",
    "POST /{waba-id}/message_templates/archive": "the example has one that failed; here none does",
    "GET /{waba-id}/template_analytics": "nobody has tapped a button of it",
    "GET /{waba-id}/subscribed_apps": "the example overrides the callback",
    "GET /{business-id}/client_whatsapp_business_accounts": "the seeded business has no clients",
    "POST /{phone-number-id}/calls": "success too: pywa reads it",
    "GET /oauth/access_token (code)": "expires_in too, as the login configuration limits the token",
}
INTRODUCTION = (
    "# What the sandbox simulates, line by line\n\n"
    "Written by a test that puts every line to a running sandbox: "
    "`python tests/sandbox/test_surface.py` writes it again. What the sandbox does with all of "
    "this: [sandbox.md](sandbox.md).\n"
)


@cache
def surface() -> Any:
    """What Meta has: endpoints, each with a request that succeeds, kinds, codes."""
    return json.loads(SURFACE.read_text("utf-8"))


@dataclass
class Stage:
    """A world in which every request of the surface can succeed."""

    sandbox: RunningSandbox
    graph: httpx.AsyncClient
    controls: httpx.AsyncClient
    receiver: Receiver
    names: dict[str, str]

    def filled(self, value: Any) -> Any:
        """The value with the names of this world in their places."""
        if isinstance(value, str):
            return PLACE.sub(lambda place: self.names.get(place[1], place[0]), value)
        if is_object(value):
            return {key: self.filled(part) for key, part in value.items()}
        if is_array(value):
            return [self.filled(item) for item in value]
        return value

    async def ask(self, entry: Any) -> httpx.Response:
        """Send an entry's request, after those it needs, and keep what it says to keep."""
        if "joins" in entry:
            self._let_join(self.filled(entry["joins"]))
        for earlier in entry.get("before", []):
            first = await self.ask(earlier)
            assert first.is_success, f"{earlier['call']}: {first.text}"
        method, path = entry["call"].split(" ")[:2]
        token = entry.get("token", "system")
        answer = await self.graph.request(
            method,
            self.filled(entry.get("at", path)),
            params=self.filled(entry.get("query")),
            headers={
                **({"Authorization": f"Bearer {self.names[f'{token}-token']}"} if token else {}),
                **entry.get("headers", {}),
            },
            **self._body(entry),
        )
        if answer.is_success:
            for name, steps in entry.get("keep", {}).items():
                self.names[name] = _at(answer.json(), steps)
        return answer

    def _let_join(self, wa_id: str) -> None:
        world = self.sandbox.world
        members.join(world, next(iter(world.groups.values())), world.people[wa_id])

    def _body(self, entry: Any) -> dict[str, Any]:
        form, kind = self.filled(entry.get("form")), entry.get("file")
        if kind == "raw":
            return {"content": PNG}
        if kind is not None:
            content = self.names["flow-json"].encode() if "json" in kind else PNG
            return {"data": form, "files": {"file": ("a", content, kind)}}
        if form is not None:
            return {"data": form}
        return {"json": self.filled(entry["json"])} if "json" in entry else {}


def _at(value: Any, steps: str) -> str:
    for step in steps.split("."):
        value = value[int(step)] if step.isdecimal() else value[step]
    return str(value)


@asynccontextmanager
async def staged() -> AsyncGenerator[Stage]:
    async with (
        running_sandbox() as sandbox,
        receiving() as receiver,
        sandbox.graph(None) as graph,
        sandbox.controls() as controls,
    ):
        world = sandbox.world
        world.numbers[seed.PHONE_NUMBER_ID].is_registered = True
        await controls.post("/settings", json={"instant": True})
        await controls.post("/webhook", json={"callbackUrl": receiver.url})
        stage = Stage(sandbox, graph, controls, receiver, _names(sandbox, receiver))
        await stage.ask({"call": "POST /{waba-id}/subscribed_apps"})
        for message in ({"text": {"body": "Hi"}}, MAY_CALL):
            heard = await controls.post(f"/people/{seed.PERSON}/messages", json=message)
            stage.names["heard-id"] = heard.json()["id"]
        yield stage


def _names(sandbox: RunningSandbox, receiver: Receiver) -> dict[str, str]:
    world = sandbox.world
    reach = frozenset({seed.WABA_ID, seed.SECOND_WABA_ID})
    user = tokens.issue(
        world,
        app_id=seed.APP_ID,
        user=world.users[seed.USER_ID],
        kind="USER",
        scopes={MANAGEMENT: reach, MESSAGING: reach, "business_management": None},
        life_s=3600,
    )
    templates = {template.name: template.id for template in world.templates.values()}
    now = int(world.clock.now())
    return {
        "phone-number-id": seed.PHONE_NUMBER_ID,
        "unverified": seed.UNVERIFIED_PHONE_NUMBER_ID,
        "waba-id": seed.WABA_ID,
        "second-waba-id": seed.SECOND_WABA_ID,
        "business-id": seed.BUSINESS_ID,
        "app-id": seed.APP_ID,
        "app-secret": seed.APP_SECRET,
        "verify-token": seed.VERIFY_TOKEN,
        "callback": receiver.url,
        "user-id": seed.USER_ID,
        "system-user-id": seed.SYSTEM_USER_ID,
        "system-token": seed.SYSTEM_USER_TOKEN,
        "user-token": user.value,
        "app-token": f"{seed.APP_ID}|{seed.APP_SECRET}",
        "proof": proof_of(seed.SYSTEM_USER_TOKEN, seed.APP_SECRET),
        "public-key": PUBLIC_KEY,
        "person": seed.PERSON,
        "other-person": seed.OTHER_PERSON,
        "coexistence": _coexisting(sandbox).id,
        "login-code": _login_code(sandbox).value,
        "template-id": templates["order_confirmation"],
        "second-template-id": templates["summer_sale"],
        "sent-template-id": templates["spring_sale"],
        "paused-template-id": templates["weekend_offer"],
        "flow-json": _flow_json(),
        "now": str(now),
        "later": str(now + 3600),
        "week-ago": str(now - 7 * 86400),
    }


def _coexisting(sandbox: RunningSandbox) -> PhoneNumber:
    """A number that its owner also uses in the app on a phone."""
    numbers = sandbox.world.numbers
    made = replace(
        numbers[seed.PHONE_NUMBER_ID],
        id=sandbox.world.new_id(),
        display="+1 555-078-3889",
        is_on_biz_app=True,
        onboarded_at=sandbox.world.clock.now(),
    )
    numbers[made.id] = made
    return made


def _login_code(sandbox: RunningSandbox) -> AuthorizationCode:
    world = sandbox.world
    code = AuthorizationCode(
        value="AQCode",
        app_id=seed.APP_ID,
        user=world.users[seed.USER_ID],
        scopes={MANAGEMENT: frozenset({seed.WABA_ID})},
        redirect_uri=None,
        expires_at=world.clock.now() + 30,
        kind="USER",
        life_s=3600,
    )
    world.codes[code.value] = code
    return code


def _flow_json() -> str:
    entries: list[Any] = surface()["endpoints"]
    made = next(entry for entry in entries if "flow-id" in entry.get("keep", {}))
    return str(made["json"]["flow_json"])


def _keys(value: Any, prefix: str = "") -> set[str]:
    """Every path of keys in a body; lists count by their first element."""
    if is_array(value):
        return _keys(value[0], f"{prefix}[]") if value else {prefix}
    if is_object(value):
        return {path for key, part in value.items() for path in _keys(part, f"{prefix}.{key}")}
    kind = "number" if isinstance(value, int | float) else type(value).__name__
    return {f"{prefix}:{kind}"}


async def endpoints() -> list[tuple[str, str, str]]:
    """Subject, call and state of each endpoint; fails when one does not work."""
    rows: list[tuple[str, str, str]] = []
    wrong: list[str] = []
    async with staged() as stage:
        for entry in surface()["endpoints"]:
            answer = await stage.ask(entry)
            missing = MISSING.get(entry["call"], entry.get("missing"))
            state = f"{PARTLY}: {missing}" if missing else SIMULATED
            if answer.status_code == 501:
                state = REFUSED
            elif not answer.is_success and entry.get("refusal") != _code(answer):
                wrong.append(f"{entry['call']}: {answer.status_code} {answer.text[:300]}")
            rows.append((entry["subject"], entry["call"], state))
    assert not wrong, "\n".join(wrong)
    return rows


def _code(answer: httpx.Response) -> int:
    code: int = answer.json()["error"]["code"]
    return code


async def messages(part: str) -> list[tuple[str, str]]:
    """Each type or kind of message, sent to Sheena's phone or to a group."""
    rows: list[tuple[str, str]] = []
    async with staged() as stage:
        await _prepare(stage)
        for name, body in surface()[part].items():
            answer = await stage.ask({"call": "POST /{phone-number-id}/messages", "json": body})
            assert answer.is_success or answer.status_code == 501, f"{name}: {answer.text}"
            rows.append((f"`{name}`", SIMULATED if answer.is_success else REFUSED))
    return rows


async def _prepare(stage: Stage) -> None:
    """Files to send, calling switched on, and a group with a message in it."""
    for kind, mime_type in FILES.items():
        await stage.ask(
            {
                "call": "POST /{phone-number-id}/media",
                "form": {"messaging_product": "whatsapp", "type": mime_type},
                "file": mime_type,
                "keep": {f"{kind}-id": "id"},
            }
        )
    world, number = stage.sandbox.world, "/{phone-number-id}"
    await stage.ask({"call": f"POST {number}/settings", "json": {"calling": {"status": "ENABLED"}}})
    product = {"messaging_product": "whatsapp"}
    await stage.ask({"call": f"POST {number}/groups", "json": {**product, "subject": "Plants"}})
    if world.groups:
        group = next(iter(world.groups.values()))
        members.join(world, group, world.people[seed.PERSON])
        stage.names["group-id"] = group.id
    to_group = {"recipient_type": "group", "to": "{group-id}", "text": {"body": "Hi all"}}
    await stage.ask(
        {
            "call": f"POST {number}/messages",
            "json": {**product, **to_group},
            "keep": {"group-message-id": "messages.0.id"},
        }
    )


async def webhooks() -> list[tuple[str, str, str]]:
    """Each documented webhook, triggered and received; its field, name and state."""
    rows: list[tuple[str, str, str]] = []
    async with staged() as stage:
        for field, names in surface()["webhooks"].items():
            for name in names:
                before = len(stage.receiver.posts)
                answer = await stage.controls.post("/trigger", json={"event": name})
                assert answer.status_code == 202, f"{name}: {answer.text}"
                await _arrival(stage.receiver, before, field)
                rows.append((field, name, SIMULATED))
    return rows


async def _arrival(receiver: Receiver, before: int, field: str) -> None:
    await until(lambda: any(field in _fields(post.body) for post in receiver.posts[before:]))


def _fields(body: bytes) -> set[str]:
    parsed = json.loads(body)
    if "entry" not in parsed:
        return {parsed["field"]}
    return {change["field"] for entry in parsed["entry"] for change in entry["changes"]}


async def errors() -> list[tuple[str, str, str]]:
    """Each code, asked for by a fault or as the reason of a failed status; code, title, ways."""
    rows: list[tuple[str, str, str]] = []
    async with staged() as stage:
        await stage.controls.post("/settings", json={"rates": "off"})
        for entry in surface()["errors"]:
            ways: list[str] = []
            if entry["arrives"] != "async":
                await _expect_refusal(stage, entry)
                ways.append("fault")
            if entry["arrives"] != "sync":
                await _expect_failed_status(stage, entry)
                ways.append("failed status")
            code = "/".join(str(part) for part in (entry["code"], entry["subcode"]) if part)
            rows.append((code or "0", entry["title"], ", ".join(ways)))
    return rows


async def _expect_refusal(stage: Stage, entry: Any) -> None:
    rule = {"endpoint": "messages", "count": 1, "code": entry["code"]}
    if entry["subcode"] is not None:
        rule["subcode"] = entry["subcode"]
    added = await stage.controls.post("/faults", json=rule)
    assert added.status_code == 201, added.text
    answer = await stage.ask({"call": "POST /{phone-number-id}/messages"})
    error = answer.json()["error"]
    assert (error["code"], error.get("error_subcode")) == (entry["code"], entry["subcode"])


async def _expect_failed_status(stage: Stage, entry: Any) -> None:
    wanted = {"failNext": {"code": entry["code"], "count": 1}}
    changed = await stage.controls.patch(f"/people/{seed.PERSON}", json=wanted)
    assert changed.status_code == 200, changed.text
    text = {"to": "+{person}", "text": {"body": "Hi"}, "messaging_product": "whatsapp"}
    sent = await stage.ask({"call": "POST /{phone-number-id}/messages", "json": text})
    message_id = sent.json()["messages"][0]["id"]
    await until(lambda: bool(_failures(stage.receiver, message_id)))
    assert _failures(stage.receiver, message_id)[0]["code"] == entry["code"]


def _failures(receiver: Receiver, message_id: str) -> list[Any]:
    return [
        error
        for status in receiver.items("statuses")
        if status["id"] == message_id and status["status"] == "failed"
        for error in status["errors"]
    ]


async def written() -> str:
    """The page, as the sandbox of this moment makes it."""
    asked = await endpoints()
    there = sum(state != REFUSED for _, _, state in asked)
    parts = [
        INTRODUCTION,
        f"## Endpoints\n\n{there} of {len(asked)} calls that a connector can make are simulated.\n",
        _table(("Call", "State"), ((f"`{call}`", state) for _, call, state in asked)),
        "## Messages\n",
        _table(("Type", "State"), await messages("messages")),
        "Of the type `interactive`:\n",
        _table(("Kind", "State"), await messages("interactive")),
        "## Webhooks\n\nEach by `appmixer sandbox trigger NAME`, or `POST /_sandbox/trigger`.\n",
        _table(("Field", "Name", "State"), await webhooks()),
        "## Error codes\n\nEach by `POST /_sandbox/faults` (fault) or `failNext` of a person "
        "(failed status), whatever else leads to it.\n",
        _table(("Code", "Title", "Reached by"), await errors()),
    ]
    return "\n".join(parts)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    heads = tuple(heads)
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


async def test_the_page_says_what_the_sandbox_has() -> None:
    assert PAGE.read_text("utf-8") == await written()


async def test_answers_have_the_keys_of_metas_examples() -> None:
    differing: dict[str, set[str]] = {}

    async with staged() as stage:
        for entry in surface()["endpoints"]:
            answer = await stage.ask(entry)
            if "example" in entry:
                example = (RESPONSES / f"{entry['example']}.json").read_text("utf-8")
                difference = _keys(answer.json()) ^ _keys(json.loads(example))
                if difference and entry["call"] not in DELIBERATE:
                    differing[entry["call"]] = difference

    assert differing == {}


async def test_nearly_every_endpoint_is_simulated() -> None:
    states = [state for _, _, state in await endpoints()]

    share = sum(state != REFUSED for state in states) / len(states)

    assert share >= LEAST_SHARE


async def test_every_type_and_kind_of_message_can_be_sent() -> None:
    states = {state for part in ("messages", "interactive") for _, state in await messages(part)}

    assert states == {SIMULATED}


if __name__ == "__main__":
    PAGE.write_text(asyncio.run(written()), "utf-8")
