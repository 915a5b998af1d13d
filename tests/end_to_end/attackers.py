"""What owners and strangers do to an engine when they mean it harm, one attack a function.

Each does one round of its attack and notes the answers. Owner B has a business account of their
own; owner C shares the customer's for a while.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import httpx

from .conftest import NUMBER, World
from .test_hostile_documents import ZEROS, flow

PATH = "/plugins/appmixer/whatsapp/events"
WABA = "102290129340398"
B_WABA, B_NUMBER = "203390129340398", "206540352242922"
SLOW_STEPS, SLOW_S = 250, 5.0
SILENT, BOMBS = 300, 15
MB = 1024 * 1024
BODY = "incoming.message.text.body"
RUN_BOMBS = [
    f"{{{{ size({ZEROS}.map(x, {ZEROS})) }}}}",
    f"{{{{{BODY}}}}}" * 20_000,
    f"{{{{ {' + '.join([BODY] * 60)} }}}}",
    f"{{{{ {BODY}.matches('^([a-z]+[0-9]*){{900}}$') }}}}",
]
DOCUMENTS: list[dict[str, Any]] = [
    flow(*["hi"] * 4_000),
    flow("{{ name " + "''" * 30 + "'"),
    flow("{{ name '" + "'\"" * 400_000),
    flow("{{ " + "(" * 900 + "1" + ")" * 900 + " }}"),
    flow(*["{{ nope.a }}" * 30] * 1_000),
    {**flow("hi"), "description": [0] * 2_400_000},
    {**flow("hi"), "description": [9**370] * 4_000},
    {**flow("hi"), "$schema": "x"},
    {**flow("hi"), "components": {"$a": {}}},
]
INPUTS: list[dict[str, Any]] = [
    {"phoneNumberId": B_NUMBER, "to": "+16505551234", "text": "x" * 2_000_000},
    {"phoneNumberId": B_NUMBER, "to": "+16505551234", "text": [0] * 2_400_000},
    {"phoneNumberId": "''" * 400_000, "to": "{{" * 400_000, "text": "hi"},
    {f"field{number}": 0 for number in range(40_000)},
]
PRIVATE = [
    "127.0.0.1",
    "169.254.169.254",
    "10.0.0.1",
    "192.88.99.1",
    *(f"[{each}]" for each in ("64:ff9b:1::1", "fec0::1", "::127.0.0.1", "5f00::1", "3fff::1")),
]


@dataclass
class Siege:
    """The engine under attack, whose tokens the attackers have, and what they were answered."""

    world: World
    b: str = field(repr=False)
    c: str = field(repr=False)
    is_over: threading.Event = field(default_factory=threading.Event)
    answers: dict[str, Counter[int]] = field(default_factory=dict[str, "Counter[int]"])
    b_messages: set[str] = field(default_factory=set[str])
    heard_without_access: list[str] = field(default_factory=list[str])
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60))
    # Bytes, made once: whoever makes them again and again is slower than the engine.
    documents: list[bytes] = field(default_factory=lambda: [_json(each) for each in DOCUMENTS])
    inputs: list[bytes] = field(
        default_factory=lambda: [
            _json({"account": "acme", "dryRun": True, "input": each}) for each in INPUTS
        ]
    )
    numbers: count[int] = field(default_factory=count)

    def ask(
        self, attack: str, method: str, path: str, token: str = "", **given: Any
    ) -> httpx.Response:
        headers = {"Content-Type": "application/json", **given.pop("headers", {})}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        url = self.world.engine.url + path
        answer = self.http.request(method, url, headers=headers, **given)
        self.note(attack, answer.status_code)
        return answer

    def note(self, attack: str, status: int) -> None:
        self.answers.setdefault(attack, Counter())[status] += 1

    def post_signed(self, attack: str, messages: Sequence[Any], **more: Any) -> None:
        """Deliver messages to B's number as the service would."""
        raw = json.dumps(envelope(messages, **more)).encode()
        digest = hmac.new(b"sandbox-app-secret", raw, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={digest}"}
        self.b_messages |= {each["id"] for each in messages if isinstance(each, dict)}
        self.ask(attack, "POST", PATH, content=raw, headers=headers)

    def message(self, person: str, **parts: Any) -> dict[str, Any]:
        now = str(int(time.time()))
        return {"from": person, "id": f"wamid.b.{next(self.numbers)}", "timestamp": now, **parts}


def b_person(number: int) -> str:
    return f"16505570{number:03d}"


def envelope(messages: Sequence[Any], **more: Any) -> dict[str, Any]:
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783999", "phone_number_id": B_NUMBER},
        "messages": list(messages),
        **more,
    }
    change = {"field": "messages", "value": value, "hop_context": [{"app_id": 1}]}
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": B_WABA, "changes": [change], "unknown": {"key": [None]}}],
        "unknown": 1,
    }


def listening(trigger: str) -> dict[str, Any]:
    return {
        "name": "Listen",
        "components": {trigger: {"type": "appmixer.whatsapp.NewMessage", "account": "acme"}},
    }


def prepare(siege: Siege) -> None:
    """Start B's flows: one that listens, one that is slow, and one for each hostile expression."""
    world = siege.world
    for number in range(SLOW_STEPS):
        person = {"waId": b_person(number), "name": "Somebody"}
        world.sandbox_call("POST", "/_sandbox/people", person)
    fault = {
        "kind": "slow",
        "endpoint": "messages",
        "phoneNumberId": B_NUMBER,
        "delayS": SLOW_S,
    }
    world.sandbox_call("POST", "/_sandbox/faults", fault)
    documents = {"listen": listening("first"), "slow": flow("hi")}
    documents |= {f"bomb-{number}": flow(bomb) for number, bomb in enumerate(RUN_BOMBS)}
    for flow_id, document in documents.items():
        steps = document["components"]
        if "s0" in steps:
            kind = "image" if flow_id == "slow" else "text"
            steps["incoming"]["input"] = {"messageTypes": [kind]}
            steps["s0"]["input"]["phoneNumberId"] = B_NUMBER
            steps["s0"]["input"]["to"] = "{{ incoming.message.replyTo }}"
        world.engine_call("PUT", f"/api/flows/{flow_id}", document, token=siege.b)
        world.engine_call("POST", f"/api/flows/{flow_id}/start", token=siege.b)


def put_versions(siege: Siege) -> None:
    """B's running flow gets triggers of other names while its number gets messages."""
    number = next(siege.numbers)
    siege.post_signed("messages", [siege.message("16505571000", type="reaction")])
    siege.ask("versions", "PUT", "/api/flows/listen", siege.b, json=listening(f"t{number}"))
    siege.post_signed("messages", [siege.message("16505571000", type="reaction")])
    siege.ask("versions", "POST", "/api/flows/listen/start", siege.b)


def put_documents(siege: Siege) -> None:
    for each in siege.documents:
        siege.ask("documents", "PUT", "/api/flows/hostile", siege.b, content=each)
    path = "/api/components/appmixer.whatsapp.SendText/test"
    for each in siege.inputs:
        siege.ask("inputs", "POST", path, siege.b, content=each)


def drop_bombs(siege: Siege) -> None:
    text = {"type": "text", "text": {"body": "x" * 4096}}
    people = [f"1650557{2000 + number}" for number in range(BOMBS)]
    siege.post_signed("messages", [siege.message(person, **text) for person in people])


def fill_places(siege: Siege) -> None:
    image = {"type": "image", "image": {"id": "1", "mime_type": "image/jpeg"}}
    messages = [siege.message(b_person(number), **image) for number in range(SLOW_STEPS)]
    siege.post_signed("messages", messages)


def try_with_a_foreign_number(siege: Siege) -> None:
    send = {"phoneNumberId": NUMBER, "to": "+16505551234", "text": "hi"}
    body = {"account": "acme", "input": send, "dryRun": True}
    path = "/api/components/appmixer.whatsapp.SendText/test"
    answer = siege.ask("dry runs", "POST", path, siege.b, json=body)
    assert answer.json()["error"]["title"] == f"There is no sender number {NUMBER}"


def listen_without_access(siege: Siege) -> None:
    """C shares the customer's business account, until the share or the token is taken away."""
    world, round_ = siege.world, next(siege.numbers)
    business = world.sandbox_call("GET", "/_sandbox/world")["businesses"][0]["id"]
    made = {"name": "Sam", "businessIds": [business], "wabaIds": [WABA], "isSystem": True}
    user = world.sandbox_call("POST", "/_sandbox/users", made)["id"]
    scopes = {"whatsapp_business_management": None, "whatsapp_business_messaging": None}
    asked = {"userId": user, "scopes": scopes}
    token = world.sandbox_call("POST", "/_sandbox/tokens", asked)["value"]
    account = world.connect(f"c{round_}", token, token=siege.c)
    document = listening("incoming")
    document["components"]["incoming"]["account"] = account["name"]
    flow_id = f"spy-{round_}"
    world.engine_call("PUT", f"/api/flows/{flow_id}", document, token=siege.c)
    world.engine_call("POST", f"/api/flows/{flow_id}/start", token=siege.c)

    def heard() -> int:
        path = f"/api/runs?flowId={flow_id}&limit=1000"
        return len(world.engine_call("GET", path, token=siege.c)["runs"])

    def state() -> str:
        path = f"/api/accounts/{account['id']}"
        return str(world.engine_call("GET", path, token=siege.c)["state"])

    # Nobody writes any more once the siege is over.
    has_heard = "C hears the customer's messages"
    world.wait_until(lambda: heard() or siege.is_over.is_set(), has_heard)
    if round_ % 2:
        world.sandbox_call("DELETE", f"/_sandbox/tokens/{token}")
    else:
        world.sandbox_call("PATCH", f"/_sandbox/users/{user}", {"wabaIds": []})
    world.wait_until(lambda: state() == "reconnect", "C's access is known to be over")
    known_at = datetime.now(UTC)
    siege.is_over.wait(1)
    path = f"/api/events?flowId={flow_id}&limit=1000"
    heard_of = world.engine_call("GET", path, token=siege.c)["events"]
    siege.heard_without_access += [
        each["receivedAt"]
        for each in heard_of
        if datetime.fromisoformat(each["receivedAt"]) > known_at
    ]
    siege.ask("withdrawn", "DELETE", f"/api/flows/{flow_id}", siege.c)
    siege.ask("withdrawn", "DELETE", f"/api/accounts/{account['id']}", siege.c)


def open_links(siege: Siege) -> None:
    path = "/auth/whatsapp/start?name=acme"
    link = siege.ask("links", "POST", "/api/links", siege.b, json={"path": path}).json()["url"]
    with httpx.Client(timeout=60) as browser:
        answer = browser.get(link)
    siege.note("links", answer.status_code)
    assert "appmixer_session" not in browser.cookies


def send_a_large_head(siege: Siege) -> None:
    with _connected(siege) as connection:
        try:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: engine\r\n")
            for _ in range(120):
                connection.sendall(b"X-Filler: " + b"x" * MB + b"\r\n")
            siege.note("heads", 200)
        except OSError:  # the engine listens no longer
            siege.note("heads", 431)


def be_silent(siege: Siege) -> None:
    """Hold connections that say nothing, half a head, or half a body, until they are ended."""
    halves = [
        b"",
        b"GET /healthz HTTP/1.1\r\nHost: eng",
        b"POST %s HTTP/1.1\r\nHost: engine\r\nContent-Length: 3000000\r\n\r\n{" % PATH.encode(),
    ]
    held = [_connected(siege) for _ in range(SILENT)]
    try:
        for number, connection in enumerate(held):
            connection.sendall(halves[number % len(halves)])
        siege.is_over.wait(12)
    finally:
        for connection in held:
            connection.close()


def flood(siege: Siege) -> None:
    wrong = {"X-Hub-Signature-256": "sha256=" + "0" * 64}
    for _ in range(50):
        siege.ask("floods", "POST", PATH, content=b"{}", headers=wrong)
        siege.ask("floods", "POST", PATH, content=b"[" * 1000)
    siege.ask("floods", "POST", PATH, content=bytes(3 * MB - 1))


def post_oddities(siege: Siege) -> None:
    one = siege.message("16505571001", type="reaction")
    odd = siege.message("16505571002", type={"a": [1]})
    siege.post_signed("odd", [None, one, "junk", 7, [], odd], contacts=[None], errors={"code": 1})
    many = [siege.message(f"1650557{3000 + each}", type={"odd": each}) for each in range(300)]
    siege.post_signed("odd", many, beside="x" * 200_000, statuses="junk")


def name_private_addresses(siege: Siege) -> None:
    path = "/api/components/appmixer.whatsapp.UploadMedia/test"
    for host in PRIVATE:
        given = {"phoneNumberId": B_NUMBER, "url": f"http://{host}/a.png"}
        answer = siege.ask("media", "POST", path, siege.b, json={"account": "acme", "input": given})
        assert answer.json()["error"], answer.text


def come_under_other_names(siege: Siege) -> None:
    siege.ask("names", "GET", "/", headers={"Host": "evil.example"})
    siege.ask("names", "POST", "/sign-out", headers={"Origin": "http://evil.example"})
    for name in (".", ".."):
        siege.ask("names", "POST", f"/api/files?name={name}", siege.b, content=b"x")


def _json(content: object) -> bytes:
    return json.dumps(content).encode()


def _connected(siege: Siege) -> socket.socket:
    address = urlsplit(siege.world.engine.url)
    return socket.create_connection((address.hostname, address.port), timeout=60)


# Each attack, and how long it rests after a round.
ATTACKS: list[tuple[Callable[[Siege], None], float]] = [
    (put_versions, 0.2),
    (put_documents, 0.0),
    (drop_bombs, 5.0),
    (fill_places, 10.0),
    (try_with_a_foreign_number, 0.05),
    (listen_without_access, 0.0),
    (open_links, 0.1),
    (send_a_large_head, 0.5),
    (be_silent, 0.0),
    (flood, 0.0),
    (post_oddities, 5.0),
    (name_private_addresses, 0.2),
    (come_under_other_names, 0.1),
]
# What each of them may be answered; 503 is told to a crowd of large bodies.
ANSWERS: dict[str, set[int]] = {
    "versions": {200},
    "messages": {200},
    "documents": {413, 422},
    "inputs": {413, 422},
    "dry runs": {200},
    "withdrawn": {204},
    "links": {200, 201},
    "heads": {431},
    "floods": {401, 503},
    "odd": {200},
    "media": {200},
    "names": {403, 421, 422},
}
