"""The endpoint: handshake, signature over raw bytes, and storing before answering."""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from pathlib import Path

import pytest

from appmixer.engine.contract import Request, Response, ThrottledError
from appmixer.engine.contract.testing import RecordingHost
from appmixer.whatsapp.plugin.webhook.endpoint import MAX_BODY_BYTES, Webhook, read

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parents[3] / "sandbox" / "fixtures" / "webhooks"
BODIES = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.json"))}
EMPTY = b'{"object":"whatsapp_business_account","entry":[]}'
ESCAPED = (
    rb'{"object":"whatsapp_business_account",  "entry":[{"id":"1","changes":[{"field":"messages",'
    rb'"value":{"messages":[{"id":"wamid.1","text":{"body":"\ud83d\ude00 a\/b \u00e9"}}]}}]}]}'
)


def signed(body: bytes, secret: str = "test-app-secret") -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={digest}"}


async def post(host: RecordingHost, body: bytes, headers: dict[str, str]) -> Response:
    return await Webhook(host).receive(Request("POST", "/events", {}, headers, body))


async def shake(host: RecordingHost, **query: str) -> Response:
    named = {f"hub.{name}": value for name, value in query.items()}
    return await Webhook(host).shake_hands(Request("GET", "/events", named, {}, b""))


async def test_the_challenge_is_echoed_as_plain_text_on_the_right_token(
    host: RecordingHost,
) -> None:
    answer = await shake(
        host, mode="subscribe", challenge="1158201444", verify_token="test-verify-token"
    )

    assert (answer.status, answer.body) == (200, b"1158201444")
    assert answer.content_type.startswith("text/plain")


@pytest.mark.parametrize(
    "query",
    [
        {"mode": "subscribe", "challenge": "1", "verify_token": "another"},
        {"mode": "subscribe", "challenge": "1"},
        {"mode": "unsubscribe", "challenge": "1", "verify_token": "test-verify-token"},
        {"challenge": "1", "verify_token": "test-verify-token"},
        {"mode": "subscribe", "challenge": "1", "verify_token": "é\udc80"},
        {},
    ],
)
async def test_every_other_handshake_is_refused_without_the_challenge(
    host: RecordingHost, query: dict[str, str]
) -> None:
    answer = await shake(host, **query)

    assert answer.status == 403
    assert b"1" not in answer.body


@pytest.mark.parametrize(
    "query", [{}, {"mode": "unsubscribe", "challenge": "1", "verify_token": "test-verify-token"}]
)
async def test_who_asks_for_no_handshake_is_told_what_the_address_is_for(
    host: RecordingHost, query: dict[str, str]
) -> None:
    answer = await shake(host, **query)

    assert answer.body.startswith(b"This is where Meta delivers the WhatsApp events")
    assert b"verifyToken" not in answer.body
    assert host.log.lines == []


async def test_a_wrong_verify_token_is_named_as_the_fault(host: RecordingHost) -> None:
    answer = await shake(host, mode="subscribe", challenge="1", verify_token="another")

    assert answer.body == b"The verify token is not the one in `verifyToken`."


@pytest.mark.parametrize(
    ("level", "event"),
    [
        ("warning", "webhook.signature_refused"),
        ("warning", "webhook.handshake_refused"),
        ("error", "webhook.not_stored"),
    ],
)
async def test_refusals_are_logged_once_a_minute_with_their_number(
    host: RecordingHost, level: str, event: str
) -> None:
    async def full(content: bytes) -> None:
        raise ThrottledError("The disk is full")

    host.accept = full  # type: ignore[method-assign]  # a host in trouble
    webhook = Webhook(host)
    wrong = {"hub.mode": "subscribe", "hub.verify_token": "another"}
    ask = {
        "webhook.signature_refused": (webhook.receive, Request("POST", "/events", {}, {}, EMPTY)),
        "webhook.handshake_refused": (
            webhook.shake_hands,
            Request("GET", "/events", wrong, {}, b""),
        ),
        "webhook.not_stored": (
            webhook.receive,
            Request("POST", "/events", {}, signed(EMPTY), EMPTY),
        ),
    }
    answer, request = ask[event]

    for _ in range(1000):
        await answer(request)
    host.clock.advance(60)
    await answer(request)
    await answer(request)
    host.clock.advance(59)
    await answer(request)
    host.clock.advance(1)
    await answer(request)

    assert host.log.lines == [
        (level, event, {"requests": 1}),
        (level, event, {"requests": 1000}),
        (level, event, {"requests": 3}),
    ]


async def test_without_a_verify_token_no_handshake_succeeds(host: RecordingHost) -> None:
    host.configuration = {"clientSecret": "x", "verifyToken": " "}

    answer = await shake(host, mode="subscribe", challenge="1", verify_token="")

    assert answer.status == 503
    assert b"appmixer config set appmixer:whatsapp verifyToken" in answer.body


def test_the_signature_is_the_one_of_metas_documented_example() -> None:
    signature = signed(EMPTY, "test_app_secret")["x-hub-signature-256"]

    assert signature == "sha256=dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756"


@pytest.mark.parametrize("name", BODIES)
async def test_every_signed_body_is_stored_and_answered_200(host: RecordingHost, name: str) -> None:
    body = BODIES[name]

    answer = await post(host, body, signed(body))

    assert answer.status == 200
    [accepted] = host.accepted
    # What may be of the Test button has a number of its own before it.
    assert accepted == body or (b'"0"' in body and accepted.endswith(b"\n" + body))
    assert read(body)


async def test_the_test_button_is_heard_each_time_that_it_is_pressed(host: RecordingHost) -> None:
    body = BODIES["dashboard_test.messages"]

    for _ in range(2):
        await post(host, body, signed(body))

    first, second = [event for accepted in host.accepted for event in read(accepted)]
    assert first.id != second.id
    assert first.payload == second.payload
    # Read once more, as after a crash, it is the same event.
    assert [first] == read(host.accepted[0])


async def test_what_only_looks_like_a_test_is_the_same_event_when_meta_repeats_it(
    host: RecordingHost,
) -> None:
    body = BODIES["messages.interactive.button_reply"].replace(b'"cancel-button"', b'"0"')

    for _ in range(2):
        await post(host, body, signed(body))

    first, second = [event for accepted in host.accepted for event in read(accepted)]
    assert first == second


@pytest.mark.parametrize("name", BODIES)
async def test_one_bit_changed_is_refused_and_nothing_is_kept(
    host: RecordingHost, name: str
) -> None:
    body = BODIES[name]
    changed = bytes([*body[:-2], body[-2] ^ 1, body[-1]])

    answer = await post(host, changed, signed(body))

    assert answer.status == 401
    assert host.accepted == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-hub-signature-256": ""},
        {"x-hub-signature-256": "sha256="},
        {"x-hub-signature-256": "sha256=é\udcff"},
        {"x-hub-signature": "sha1=356a192b7913b04c54574d18c28d46e6395428ab"},
        signed(EMPTY, "another-secret"),
        {"x-hub-signature-256": signed(EMPTY)["x-hub-signature-256"].removeprefix("sha256=")},
    ],
)
async def test_a_missing_or_wrong_signature_is_refused_before_parsing(
    host: RecordingHost, headers: dict[str, str]
) -> None:
    answer = await post(host, EMPTY, headers)

    assert answer.status == 401
    assert host.accepted == []


async def test_escapes_and_odd_whitespace_are_signed_as_they_came(host: RecordingHost) -> None:
    answer = await post(host, ESCAPED, signed(ESCAPED))

    assert answer.status == 200
    [event] = read(host.accepted[0])
    message = json.loads(json.dumps(event.payload["message"]))
    assert message == {"id": "wamid.1", "text": {"body": "😀 a/b é"}}


async def test_reserialised_json_does_not_match_the_signature(host: RecordingHost) -> None:
    again = json.dumps(json.loads(ESCAPED)).encode()

    answer = await post(host, again, signed(ESCAPED))

    assert answer.status == 401


async def test_a_new_secret_counts_from_the_next_request_on(host: RecordingHost) -> None:
    webhook = Webhook(host)
    before, after = [
        Request("POST", "/events", {}, signed(EMPTY, secret), EMPTY)
        for secret in ("test-app-secret", "a-new-secret")
    ]
    assert (await webhook.receive(before)).status == 200

    host.configuration = {**host.configuration, "clientSecret": "a-new-secret"}

    assert (await webhook.receive(after)).status == 200
    assert (await webhook.receive(before)).status == 401


async def test_without_a_secret_nothing_is_accepted(host: RecordingHost) -> None:
    host.configuration = {"verifyToken": "x"}

    answer = await post(host, EMPTY, signed(EMPTY, ""))

    assert answer.status == 503
    assert b"clientSecret" in answer.body
    assert host.accepted == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b'{"object": "whatsapp_business_acc',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"object": "whatsapp_business_account", "entry": ' + b"[" * 400 + b"]" * 400 + b"}",
        b'{"object": NaN}',
        b'{"object": 1e999}',
        b'{"object": ' + b"9" * 5000 + b"}",
        b'{"object": "page", "entry": []}',
    ],
)
async def test_what_nobody_can_read_is_kept_so_that_meta_does_not_repeat_it_for_days(
    host: RecordingHost, body: bytes
) -> None:
    answer = await post(host, body, signed(body))

    assert answer.status == 200
    assert [event.kind for event in read(host.accepted[0])] == ["unreadable"]


@pytest.mark.parametrize(
    ("odd", "kept"),
    [
        (b"1e999", "1e999"),
        (b"-1e999", "-1e999"),
        (b"9" * 5000, "9" * 5000),
        (b"[" * 500 + b'"deep"' + b"]" * 500, "deep"),
        (b'{"a":' * 500 + b'"deep"' + b"}" * 500, "deep"),
    ],
)
def test_a_value_that_nothing_can_hold_costs_no_neighbour(odd: bytes, kept: str) -> None:
    messages = b'[{"id":"wamid.1","odd":' + odd + b'},{"id":"wamid.2"}]'
    value = b'{"field":"messages","value":{"messages":' + messages + b"}}"

    first, second = read(
        b'{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[' + value + b"]}]}"
    )

    assert (first.kind, second.kind) == ("message", "message")
    assert second.payload["message"] == {"id": "wamid.2"}
    assert kept in json.dumps(first.payload)


async def test_half_a_surrogate_pair_becomes_text_that_can_be_stored(host: RecordingHost) -> None:
    body = ESCAPED.replace(rb"\ude00", b"")

    answer = await post(host, body, signed(body))

    assert answer.status == 200
    stored = json.dumps(read(host.accepted[0])[0].payload, ensure_ascii=False)
    assert "\ufffd a/b é" in stored
    assert stored.encode()


async def test_what_could_not_be_stored_is_delivered_again(host: RecordingHost) -> None:
    async def full(content: bytes) -> None:
        raise ThrottledError("The disk is full")

    host.accept = full  # type: ignore[method-assign]  # a host in trouble

    answer = await post(host, ESCAPED, signed(ESCAPED))

    assert answer.status == 503


def test_the_host_is_asked_for_metas_size_limit(host: RecordingHost) -> None:
    routes = Webhook(host).routes

    assert [(each.method, each.path) for each in routes] == [
        ("GET", "/events"),
        ("POST", "/events"),
    ]
    assert routes[1].max_body_bytes == MAX_BODY_BYTES == 3145728
