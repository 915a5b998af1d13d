"""Whatever is sent to the engine's API gets a clear answer, and its secrets get into none."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

if TYPE_CHECKING:
    from .conftest import World

NUMBER = "106540352242922"
PERSON = "16505551234"
TOKEN = "end-to-end-test-token"
IDS = re.compile("[0-9a-f]{32,}")
MB = 1024 * 1024
TOO_LARGE = 200 * MB

ILL_FORMED = [
    b"",
    b"{",
    b"\xff\xfe{}",
    b"null",
    b"[]",
    b"7",
    b'"text"',
    b"9" * 5000,
    b"[" * 100_000,
    b'{"a":' * 5000 + b"1" + b"}" * 5000,
]
WRONG_VALUES: list[Any] = [
    None,
    7,
    True,
    [],
    {},
    "",
    "\0",
    "x" * 10_000,
    {"$literal": {"$sealed": "x"}},
    "../../etc/passwd",
]
NO_JSON = [b"NaN", b"Infinity", b"1e999", rb'"\ud800"', rb'"\u0000"', b"[" * 300 + b"]" * 300]
DRAFT = ("PUT", "/api/flows/{flow_id}/draft")
STRANGE_IDS = [
    "nothing",
    "0",
    "-1",
    "9" * 30,
    "%00",
    "a%0ab",
    "%2e%2e",
    "..%2f..%2fetc%2fpasswd",
    "%ed%a0%80",
    "'%20or%201=1--",
    "x" * 3000,
]


def test_a_body_that_is_not_what_is_asked_for_is_refused_everywhere(ready: World) -> None:
    asked_with_body = [each for each in operations(ready) if each[2]]
    assert len(asked_with_body) >= 6

    for method, path, fields in asked_with_body:
        # A draft may lack whatever a flow needs.
        wrong = NO_JSON if (method, path) == DRAFT else wrongly_filled(fields)
        bodies = [*ILL_FORMED, *wrong]
        for body in bodies:
            for media_type in ("application/json", "text/plain"):
                answer = ask_raw(ready, method, path, body, media_type)
                assert_refusal(answer, f"{method} {path} {body[:60]!r}")
    assert ready.asked() == []


def test_a_body_that_does_not_say_it_is_json_is_told_how_to(ready: World) -> None:
    answer = ask_raw(ready, "POST", "/api/owners", b'{"name": "Acme"}', "text/plain")

    assert (answer.status_code, answer.json()) == (
        422,
        {
            "error": {
                "title": "The request cannot be read",
                "cause": "It does not say that it is JSON.",
                "cure": "Send JSON with the header Content-Type: application/json.",
            }
        },
    )


@pytest.mark.parametrize("value", NO_JSON)
def test_what_json_or_a_database_cannot_hold_is_refused_and_not_stored(
    ready: World, value: bytes
) -> None:
    body = b'{"name": "Poison", "components": {"a": {"type": "b", "input": {"text": %s}}}}' % value

    answer = ask_raw(ready, "PUT", "/api/flows/poison", body)

    assert answer.status_code == 422
    assert answer.json()["error"]["title"] == "The request cannot be read"
    assert answer.json()["error"]["cause"]
    assert answer.json()["error"]["cure"]
    assert ready.engine_call("GET", "/api/flows")["flows"] == []


def test_an_id_that_leads_nowhere_is_not_found_or_refused_everywhere(ready: World) -> None:
    before = ready.engine_call("GET", "/api/accounts")

    for method, path, fields in operations(ready):
        for strange in STRANGE_IDS if "{" in path and (method, path) != DRAFT else []:
            body = b"{}" if fields else b""
            answer = ask_raw(ready, method, re.sub(r"\{\w+\}", strange, path), body)
            assert_refusal(answer, f"{method} {path} {strange[:40]}")

    assert ready.engine_call("GET", "/api/accounts") == before
    assert ready.asked() == []


@pytest.mark.parametrize(
    "query",
    [
        "/api/runs?limit=0",
        "/api/runs?limit=many",
        "/api/runs?status=%00",
        "/api/events?limit=100000",
        f"/api/events?before={'9' * 30}",
        "/api/events?before=x",
        "/api/events?unrouted=perhaps",
    ],
)
def test_a_query_out_of_range_is_refused(ready: World, query: str) -> None:
    assert_refusal(ask_raw(ready, "GET", query), query)


@pytest.mark.parametrize("method", ["TRACE", "PATCH", "OPTIONS", "DELETE", "PUT"])
def test_a_method_that_an_address_does_not_take_is_refused_with_those_it_takes(
    ready: World, method: str
) -> None:
    answer = ask_raw(ready, method, "/api/runs")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert_refusal(answer, method)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong-token-of-right-length"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Cookie": "appmixer_session=forged"},
    ],
)
def test_nobody_gets_in_without_a_token_of_this_engine(
    ready: World, headers: dict[str, str]
) -> None:
    protected = [each for each in operations(ready, all_of_them=True) if "/api/" in each[1]]
    assert len(protected) >= 25

    for method, path, _ in protected:
        url = ready.engine.url + re.sub(r"\{\w+\}", "1", path)
        answer = ready.http.request(method, url, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), path
        assert_refusal(answer, f"{method} {path}")


def test_an_invitation_opens_one_session_and_is_worth_nothing_afterwards(ready: World) -> None:
    link: str = ready.engine_call("POST", "/api/links", {})["url"]
    invitation = link.partition("?token=")[2]
    redeemed = httpx.get(link)
    assert "appmixer_session" in redeemed.cookies

    again = httpx.get(link)
    as_bearer = httpx.get(
        f"{ready.engine.url}/api/runs", headers={"Authorization": f"Bearer {invitation}"}
    )

    assert "appmixer_session" not in again.cookies
    assert as_bearer.status_code == 401


@pytest.mark.parametrize("path", ["/api/flows/large", "/api/accounts", "/api/options"])
def test_a_body_announced_as_200_mb_is_refused_before_it_comes(ready: World, path: str) -> None:
    method = "PUT" if "flows" in path else "POST"
    with speaking(ready, method, path, f"Content-Length: {TOO_LARGE}") as connection:
        answer = read_answer(connection)

    assert answer.startswith("HTTP/1.1 413 ")
    assert '"title": "The request is too large"' in answer


def test_a_file_announced_as_200_mb_is_refused_before_it_comes(ready: World) -> None:
    memory_before, files_before = most_memory(ready), kept_files(ready)
    with speaking(ready, "POST", "/api/files?name=a.pdf", f"Content-Length: {TOO_LARGE}") as far:
        answer = read_answer(far)

    assert answer.startswith("HTTP/1.1 413 ")
    assert json.loads(answer.partition("\r\n\r\n")[2]) == {
        "error": {
            "title": "The file is too large",
            "cause": "Files may have 115,343,360 bytes at most.",
            "cure": "Send a smaller file, or raise APPMIXER_MAX_FILE_BYTES where the engine runs.",
            "field": "file",
        }
    }
    assert kept_files(ready) == files_before
    assert most_memory(ready) - memory_before < 8 * MB


@pytest.mark.parametrize("form", [False, True])
def test_200_mb_of_unannounced_length_leave_nothing_in_memory_or_in_the_folder(
    ready: World, form: bool
) -> None:
    memory_before, files_before = most_memory(ready), kept_files(ready)
    media_type = "multipart/form-data; boundary=x" if form else "application/pdf"

    answer = ready.ask(
        "POST",
        "/api/files?name=a.pdf",
        content=poured(as_form=form),
        headers={"Content-Type": media_type},
    )

    assert answer.status_code == 413
    assert answer.json()["error"]["title"] == "The file is too large"
    assert kept_files(ready) == files_before
    assert most_memory(ready) - memory_before < 48 * MB


def test_secrets_stay_out_of_logs_answers_and_files_and_texts_out_of_logs(ready: World) -> None:
    pin, secret, access_token = "731905", "sandbox-app-secret", "EAAsandbox"
    text = "Marmalade at a quarter past seven"
    session_full_of_mishaps(ready, pin, text)

    answers = [
        ready.ask("GET", path).text
        for method, path, _ in operations(ready, all_of_them=True)
        if method == "GET" and "{" not in path and path != "/api/stream"
    ]
    answers += [ready.ask("GET", f"/api/runs/{run['id']}").text for run in ready.runs()]
    answers += [ready.ask("GET", f"/api/flows/{each}").text for each in ("mishap", "pinned")]
    stored = {path.name: path.read_bytes() for path in ready.data.rglob("*") if path.is_file()}

    # A right PIN would be "000000", which is found in any timestamp.
    assert any(name.endswith("-wal") for name in stored)
    assert any(text in answer for answer in answers)
    for hidden in (pin, secret, access_token):
        # Six digits stand in some id by chance.
        assert [answer for answer in answers if hidden in IDS.sub("", answer)] == []
        told = {name: IDS.sub("", raw.decode("latin-1")) for name, raw in stored.items()}
        assert [name for name, raw in told.items() if hidden in raw] == []
        assert hidden not in ready.log()
    assert text not in ready.log()


def session_full_of_mishaps(world: World, pin: str, text: str) -> None:
    """Send, receive and fail in every way that could tempt somebody to log what it was about."""
    world.set_webhook()
    act = {"account": "acme", "source": {"in": {"incoming": ["message"]}}}
    register = {**act, "type": "appmixer.whatsapp.RegisterPhoneNumber"}
    pinned = json.loads(json.dumps(world.auto_reply))
    pinned["components"]["reply"] = {**register, "input": {"phoneNumberId": NUMBER, "pin": pin}}
    world.start("mishap", world.auto_reply)
    world.start("pinned", pinned)
    world.says(PERSON, type="text", text={"body": text})
    world.ended_run("pinned", "failed")
    world.ended_run("mishap", "completed")
    for wrong in (pin, f"{pin}\n", pin[:5], int(pin), [pin]):
        world.try_out("RegisterPhoneNumber", phoneNumberId=NUMBER, pin=wrong)
    world.try_out("SendText", phoneNumberId=f"{NUMBER}\n", to=PERSON, text=text)
    world.try_out("SendText", phoneNumberId=NUMBER, to="nobody", text=text)
    world.try_out("SendText", phoneNumberId=NUMBER, to=f"+{PERSON}", text=text, txt=text)
    for kind in ({"code": 190, "subcode": 463}, {"kind": "html"}, {"kind": "disconnect"}):
        world.sandbox_call("POST", "/_sandbox/faults", {"endpoint": "messages", "count": 1, **kind})
        world.connect("acme", "EAAsandbox")
        world.try_out("SendText", phoneNumberId=NUMBER, to=f"+{PERSON}", text=text)
    world.ask("PUT", "/api/flows/mishap", {"name": text, "components": text})
    world.ask("PUT", f"/api/configuration/appmixer:whatsapp/{text}", {"value": text})


def operations(world: World, *, all_of_them: bool = False) -> list[tuple[str, str, dict[str, Any]]]:
    """Return (method, path, properties of the JSON body) of the API, from its own description."""
    api = world.engine_call("GET", "/api/openapi.json")
    schemas = api["components"]["schemas"]
    found: list[tuple[str, str, dict[str, Any]]] = []
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            name = schema.get("$ref", "").rpartition("/")[2]
            fields: dict[str, Any] = dict(schemas[name]["properties"]) if name else {}
            if schema and not fields:
                fields = {"name": {}, "components": {}}  # a flow document
            if all_of_them or not path.endswith("/stream"):
                found.append((method.upper(), path, fields))
    return found


def wrongly_filled(fields: dict[str, Any]) -> list[bytes]:
    unknown = json.dumps({"unknownField": 1}).encode()
    values = [*(json.dumps(value).encode() for value in WRONG_VALUES), *NO_JSON]
    return [
        unknown,
        *(b'{"%s": %s, "x": 1}' % (name.encode(), value) for name in fields for value in values),
    ]


def ask_raw(
    world: World, method: str, path: str, body: bytes = b"", media_type: str = "application/json"
) -> httpx.Response:
    filled = re.sub(r"\{\w+\}", "nothing", path)
    return world.ask(method, filled, content=body, headers={"Content-Type": media_type})


def assert_refusal(answer: httpx.Response, what: str) -> None:
    assert 400 <= answer.status_code < 500, f"{what}: {answer.status_code} {answer.text[:200]}"
    error = answer.json()["error"]
    assert error["title"], what
    assert {"title", "cause", "cure"} <= set(error), what


def speaking(world: World, method: str, path: str, *headers: str) -> socket.socket:
    """Open a connection and send the head of a request."""
    address = urlsplit(world.engine.url)
    connection = socket.create_connection((address.hostname, address.port), timeout=60)
    lines = [f"{method} {path} HTTP/1.1", "Host: engine", f"Authorization: Bearer {TOKEN}"]
    head = [*lines, "Content-Type: application/json", *headers, "", ""]
    connection.sendall("\r\n".join(head).encode())
    return connection


def read_answer(connection: socket.socket) -> str:
    raw = b""
    while not raw.endswith(b"}"):
        received = connection.recv(65536)
        assert received, raw
        raw += received
    return raw.decode()


def poured(*, as_form: bool) -> Iterator[bytes]:
    if as_form:
        yield (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
            b"Content-Type: application/pdf\r\n\r\n"
        )
    chunk = bytes(MB)
    for _ in range(TOO_LARGE // MB):
        yield chunk
    if as_form:
        yield b"\r\n--x--\r\n"


def kept_files(world: World) -> set[Path]:
    return set(files_in(world.data / "files"))


def files_in(folder: Path) -> Iterable[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def most_memory(world: World) -> int:
    """Return the most bytes that the engine has ever had in memory."""
    assert world.engine.running is not None
    status = Path(f"/proc/{world.engine.running.pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024
