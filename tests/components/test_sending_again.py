"""A send of unknown outcome whose flow wants it sent again: once more, and never a third time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import pytest

from appmixer.engine.contract import (
    AuthorizationError,
    Event,
    JsonObject,
    OutcomeUnknownError,
    ThrottledError,
    Wait,
)
from appmixer.engine.contract.testing import START_OF_TIME, RecordingContext
from appmixer.whatsapp.components.messages.send_text import SendText
from appmixer.whatsapp.plugin.sending.messages import SentMessage
from appmixer.whatsapp.plugin.sending.texts import TextInput
from appmixer.whatsapp.plugin.whatsapp import WhatsApp

pytestmark = pytest.mark.anyio

WABA, NUMBER, PERSON = "102290129340398", "106540352242922", "16505551234"
JOURNAL = f"send:{WABA}:run-1:reply"
WAIT_S, HOUR_S, DAY_S = 900, 3600, 86_400
TWICE = (
    "It was sent a second time, because nothing was heard of the first; the person may have it "
    "twice."
)
Answer: TypeAlias = tuple[int, dict[str, Any]]
LOST: Answer | None = None
NEVER: Answer = 0, {}


def accepted(message_id: str = "wamid.SECOND") -> Answer:
    person = {"input": f"+{PERSON}", "wa_id": PERSON}
    return 200, {"contacts": [person], "messages": [{"id": message_id}]}


def refused(code: int, status_code: int = 400) -> Answer:
    return status_code, {"error": {"message": "No", "code": code}}


@dataclass
class Meta:
    """A server that gives one answer after the other; where there is None, it breaks off."""

    answers: list[Answer | None] = field(default_factory=list["Answer | None"])
    bodies: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    has_heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            body = await reader.readexactly(length)
        except asyncio.IncompleteReadError:  # the request was taken back before it was whole
            writer.close()
            return
        self.bodies.append(json.loads(body))
        self.has_heard.set()
        answer = self.answers.pop(0)
        if answer == NEVER:
            await reader.read()
        elif answer is not None:
            status_code, content = answer
            text = json.dumps(content).encode()
            head = f"HTTP/1.1 {status_code} -\r\nContent-Length: {len(text)}\r\n\r\n".encode()
            writer.write(head + text)
            await writer.drain()
        writer.close()


@pytest.fixture
async def meta(context: RecordingContext) -> AsyncIterator[Meta]:
    meta = Meta()
    server = await asyncio.start_server(meta.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    context.host.configuration = {**context.host.configuration, "graphUrl": url}
    async with server:
        yield meta


def text(**fields: Any) -> TextInput:
    asked = {"phoneNumberId": NUMBER, "to": PERSON, "text": "Hi", "whenUnknown": "sendAgain"}
    return TextInput.model_validate({**asked, "opaqueData": "order:860198", **fields})


def status(message_id: str, mark: str = "step", name: str = "sent") -> Event:
    told: JsonObject = {
        "id": message_id,
        "status": name,
        "recipient_id": PERSON,
        "timestamp": str(int(START_OF_TIME)),
        "biz_opaque_callback_data": f"appmixer.{mark}=run-1:reply&order:860198",
    }
    payload: JsonObject = {"wabaId": WABA, "status": told}
    return Event(f"{message_id}:{name}", "status", payload, (f"account:{WABA}",))


async def waiting(context: RecordingContext, **fields: Any) -> Wait:
    """Send, lose the answer, and let the time pass in which a status could have come."""
    wait = await SendText().receive(context, text(**fields))
    assert isinstance(wait, Wait)
    context.host.clock.now += WAIT_S
    return wait


async def end(context: RecordingContext, wait: Wait, event: Event | None = None) -> Any:
    return await SendText().resume(context, wait.state, event.payload if event else None)


async def stored(context: RecordingContext) -> str:
    return json.dumps(dict(await context.store.scan("send:")))


@pytest.mark.parametrize("broken", [LOST, (502, {})], ids=["broken off", "no answer of Meta's"])
async def test_it_is_sent_once_more_and_says_so_when_no_status_has_come(
    context: RecordingContext, meta: Meta, broken: Any
) -> None:
    meta.answers = [broken, accepted()]
    wait = await waiting(context)

    sent = await end(context, wait)

    assert isinstance(sent, SentMessage)
    assert (sent.message_id, sent.warning) == ("wamid.SECOND", TWICE)
    first, second = meta.bodies
    marks = [each.pop("biz_opaque_callback_data") for each in (first, second)]
    assert first == second
    assert marks == [f"appmixer.{mark}=run-1:reply&order:860198" for mark in ("step", "anew")]
    assert await end(context, wait) == sent
    assert len(meta.bodies) == 2


async def test_nothing_is_sent_again_unless_the_flow_wants_it(
    context: RecordingContext, meta: Meta
) -> None:
    meta.answers = [LOST]
    wait = await waiting(context, whenUnknown="stop")

    with pytest.raises(OutcomeUnknownError):
        await end(context, wait)

    assert len(meta.bodies) == 1
    assert "order:860198" not in await stored(context)


async def test_a_status_in_time_keeps_the_message_from_being_sent_again(
    context: RecordingContext, meta: Meta
) -> None:
    meta.answers = [LOST]
    wait = await waiting(context)

    sent = await end(context, wait, status("wamid.FIRST"))

    assert (sent.message_id, sent.warning) == ("wamid.FIRST", None)
    assert len(meta.bodies) == 1


@pytest.mark.parametrize("policy", ["stop", "sendAgain"])
async def test_a_status_that_comes_when_the_time_is_just_over_is_believed(
    context: RecordingContext, plugin: WhatsApp, meta: Meta, policy: str
) -> None:
    meta.answers = [LOST]
    wait = await waiting(context, whenUnknown=policy)
    await plugin.before_routing([status("wamid.FIRST")])

    sent = await end(context, wait)

    assert (sent.message_id, sent.warning) == ("wamid.FIRST", None)
    assert len(meta.bodies) == 1


async def test_a_status_that_comes_just_before_the_second_leaves_keeps_it_back(
    context: RecordingContext,
    plugin: WhatsApp,
    meta: Meta,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meta.answers = [LOST]
    wait = await waiting(context)
    take = context.quota.take

    async def take_while_the_status_comes(resource: str, key: str) -> None:
        await take(resource, key)
        await plugin.before_routing([status("wamid.FIRST")])

    monkeypatch.setattr(context.quota, "take", take_while_the_status_comes)
    sent = await end(context, wait)

    assert (sent.message_id, sent.warning) == ("wamid.FIRST", None)
    assert len(meta.bodies) == 1
    assert list(await context.store.scan("send:")) == [JOURNAL]


async def test_an_engine_that_was_away_listens_first(context: RecordingContext, meta: Meta) -> None:
    meta.answers = [LOST, accepted()]
    wait = await waiting(context)
    context.plugin = WhatsApp(context.host)
    context.host.clock.now += 60

    again = await end(context, wait)
    context.host.clock.now += WAIT_S - 60
    calls_before = len(meta.bodies)
    sent = await end(context, again)

    assert (again.key, again.timeout_s, again.state) == (wait.key, WAIT_S - 60, wait.state)
    assert calls_before == 1
    assert sent.warning == TWICE


@pytest.mark.parametrize(("mark", "message_id"), [("step", "wamid.FIRST"), ("anew", "wamid.TWO")])
async def test_a_second_whose_answer_is_lost_too_is_settled_by_a_status_of_either(
    context: RecordingContext, meta: Meta, mark: str, message_id: str
) -> None:
    meta.answers = [LOST, LOST]
    wait = await waiting(context)

    second = await end(context, wait)
    sent = await end(context, second, status(message_id, mark))

    assert (second.key, second.timeout_s) == (wait.key, WAIT_S)
    assert second.reason.startswith(TWICE)
    assert (sent.message_id, sent.warning) == (message_id, TWICE)
    assert len(meta.bodies) == 2


async def test_a_second_of_which_nothing_is_heard_ends_as_unknown_and_there_is_no_third(
    context: RecordingContext, meta: Meta
) -> None:
    meta.answers = [LOST, LOST]
    wait = await waiting(context)
    second = await end(context, wait)

    for _ in range(2):
        with pytest.raises(OutcomeUnknownError) as caught:
            await end(context, second)
        assert "sent a second time" in caught.value.cause
        assert "may have it twice" in caught.value.cause

    assert len(meta.bodies) == 2


async def test_a_crash_in_the_second_leads_to_no_third(
    context: RecordingContext, plugin: WhatsApp, meta: Meta
) -> None:
    meta.answers = [LOST]
    wait = await waiting(context)
    await plugin.deliveries.begin(f"{WABA}:run-1:reply:again", "dead", context.has_not_acted)
    context.plugin = WhatsApp(context.host)

    second = await end(context, wait)

    assert isinstance(second, Wait)
    assert second.reason.startswith(TWICE)
    with pytest.raises(OutcomeUnknownError, match="sent a second time"):
        await end(context, second)
    assert len(meta.bodies) == 1


async def test_a_crash_that_kept_the_second_from_leaving_does_not_count(
    context: RecordingContext, plugin: WhatsApp, meta: Meta
) -> None:
    meta.answers = [LOST, accepted()]
    wait = await waiting(context)
    await plugin.deliveries.begin(f"{WABA}:run-1:reply:again", "dead", context.has_not_acted)
    context.not_acted = {"dead"}

    sent = await end(context, wait)

    assert (sent.message_id, sent.warning) == ("wamid.SECOND", TWICE)


@pytest.mark.parametrize(("has_stayed", "warning"), [(True, None), (False, TWICE)])
async def test_a_status_of_the_first_after_a_crash_in_the_second_says_whether_there_may_be_two(
    context: RecordingContext,
    plugin: WhatsApp,
    meta: Meta,
    has_stayed: bool,
    warning: str | None,
) -> None:
    meta.answers = [LOST]
    wait = await waiting(context)
    await plugin.deliveries.begin(f"{WABA}:run-1:reply:again", "dead", context.has_not_acted)
    context.not_acted = {"dead"} if has_stayed else set()
    await plugin.before_routing([status("wamid.FIRST")])

    sent = await end(context, wait)

    assert (sent.message_id, sent.warning) == ("wamid.FIRST", warning)
    assert len(meta.bodies) == 1


async def test_a_step_that_crashed_while_sending_is_sent_again_as_it_was(
    context: RecordingContext, meta: Meta
) -> None:
    meta.answers = [NEVER, accepted()]
    cut_short = asyncio.create_task(SendText().receive(context, text()))
    await meta.has_heard.wait()
    cut_short.cancel()
    await asyncio.wait([cut_short])
    wait = await waiting(context)

    sent = await end(context, wait)

    assert sent.warning == TWICE
    assert [each["text"]["body"] for each in meta.bodies] == ["Hi"] * 2


async def test_what_is_kept_for_sending_again_goes_when_it_is_known_or_over(
    context: RecordingContext, plugin: WhatsApp, meta: Meta
) -> None:
    meta.answers = [LOST, LOST, accepted(), LOST]

    wait = await waiting(context, text="between us")
    while_unknown = await stored(context)
    await end(context, wait)
    sent_twice = await stored(context)
    context.step_id = "run-1:answered"
    await SendText().receive(context, text(text="between us"))
    answered = await stored(context)
    context.step_id = "run-1:reply"
    await context.store.delete([JOURNAL, f"{JOURNAL}:again"])
    await waiting(context, text="between us")
    await plugin.before_routing([status("wamid.FIRST")])

    assert "between us" in while_unknown
    assert "between us" not in sent_twice + answered + await stored(context)


async def test_a_second_that_meta_refuses_leaves_the_first_unknown(
    context: RecordingContext, meta: Meta
) -> None:
    meta.answers = [LOST, refused(131026)]
    wait = await waiting(context)

    with pytest.raises(OutcomeUnknownError) as caught:
        await end(context, wait)

    assert "It was not sent a second time. Meta refused it:" in caught.value.cause
    assert list(await context.store.scan("send:")) == [JOURNAL]


@pytest.mark.parametrize(
    ("code", "status_code", "error"),
    [(130429, 400, ThrottledError), (190, 401, AuthorizationError)],
    ids=["throttled", "access ended"],
)
async def test_a_second_that_has_to_wait_is_sent_later(
    context: RecordingContext,
    meta: Meta,
    code: int,
    status_code: int,
    error: type[Exception],
) -> None:
    meta.answers = [LOST, refused(code, status_code), accepted()]
    wait = await waiting(context)

    with pytest.raises(error):
        await end(context, wait)
    sent = await end(context, wait)

    assert (sent.message_id, sent.warning) == ("wamid.SECOND", TWICE)


@pytest.mark.parametrize("quota", ["pair", "messages"])
async def test_a_second_takes_of_the_quotas(
    context: RecordingContext, meta: Meta, quota: str
) -> None:
    meta.answers = [LOST]
    wait = await waiting(context)
    context.quota.exhausted[quota] = 5.0

    with pytest.raises(ThrottledError):
        await end(context, wait)

    assert len(meta.bodies) == 1


@pytest.mark.parametrize(
    ("fields", "calls"),
    [({}, 1), ({"windowPolicy": "send"}, 2), ({"category": "utility"}, 2)],
    ids=["free text", "sent all the same", "needs no window"],
)
async def test_free_text_is_not_sent_again_when_its_window_has_closed_meanwhile(
    context: RecordingContext,
    plugin: WhatsApp,
    meta: Meta,
    fields: dict[str, Any],
    calls: int,
) -> None:
    meta.answers = [LOST, accepted()]
    written_at = START_OF_TIME - DAY_S + WAIT_S / 2
    message = {"from": PERSON, "type": "text", "timestamp": str(int(written_at))}
    payload: JsonObject = {"phoneNumberId": NUMBER, "message": message}
    await plugin.before_routing([Event("wamid.in", "message", payload)])
    wait = await waiting(context, **fields)

    if calls == 1:
        with pytest.raises(OutcomeUnknownError, match="window has closed meanwhile"):
            await end(context, wait)
    else:
        await end(context, wait)

    assert len(meta.bodies) == calls


@pytest.mark.parametrize(
    ("second", "title"),
    [(accepted(), "A message was sent twice"), (LOST, "A message may have been sent twice")],
    ids=["sent", "unknown"],
)
async def test_a_status_of_the_first_after_the_second_was_sent_is_told_to_owners(
    context: RecordingContext,
    plugin: WhatsApp,
    meta: Meta,
    second: Any,
    title: str,
) -> None:
    meta.answers = [LOST, second]
    wait = await waiting(context)
    await end(context, wait)

    await plugin.before_routing([status("wamid.FIRST", name="delivered")])

    [(_, notice)] = context.host.told
    assert notice.title == title
    assert "twice" in notice.cause
    assert [(each.step_id, each.state) for each in context.host.fates] == [
        ("run-1:reply", "delivered")
    ]


@pytest.mark.parametrize(
    ("settled_by", "late", "title"),
    [
        (("wamid.FIRST", "step"), ("wamid.TWO", "anew"), "A message was sent twice"),
        (("wamid.TWO", "anew"), ("wamid.FIRST", "step"), "A message was sent twice"),
        (None, ("wamid.FIRST", "step"), "A message may have been sent twice"),
        (None, ("wamid.TWO", "anew"), "A message may have been sent twice"),
    ],
)
async def test_the_message_that_is_heard_of_last_is_told_to_owners(
    context: RecordingContext,
    plugin: WhatsApp,
    meta: Meta,
    settled_by: tuple[str, str] | None,
    late: tuple[str, str],
    title: str,
) -> None:
    meta.answers = [LOST, LOST]
    second = await end(context, await waiting(context))
    if settled_by is None:
        with pytest.raises(OutcomeUnknownError):
            await end(context, second)
    else:
        await end(context, second, status(*settled_by))

    await plugin.before_routing([status(*late, name="delivered")])

    [(_, notice)] = context.host.told
    assert notice.title == title
    assert notice.details["messageId"] == late[0]


FIRST, SECOND = ("wamid.FIRST", "step"), ("wamid.SECOND", "anew")


@pytest.mark.parametrize(
    ("second", "told", "fates"),
    [
        (accepted(), [(*FIRST, "failed")], []),
        (accepted(), [(*FIRST, "failed"), (*SECOND, "read")], ["read"]),
        (accepted(), [(*SECOND, "read"), (*FIRST, "failed")], ["read"]),
        (accepted(), [(*FIRST, "failed"), (*SECOND, "failed")], ["failed"]),
        (accepted(), [(*SECOND, "failed")], ["failed"]),
        (accepted(), [(*FIRST, "read"), (*SECOND, "failed")], ["read"]),
        (LOST, [(*FIRST, "failed"), (*FIRST, "failed")], []),
        (LOST, [(*SECOND, "failed"), (*SECOND, "failed"), (*FIRST, "read")], ["read"]),
        (LOST, [(*SECOND, "failed"), (*FIRST, "failed")], ["failed"]),
    ],
)
@pytest.mark.parametrize("are_together", [False, True])
async def test_a_step_has_failed_when_both_of_its_messages_have(
    context: RecordingContext,
    plugin: WhatsApp,
    meta: Meta,
    second: Any,
    told: list[tuple[str, str, str]],
    fates: list[str],
    are_together: bool,
) -> None:
    meta.answers = [LOST, second]
    wait = await end(context, await waiting(context))
    if second is LOST:
        with pytest.raises(OutcomeUnknownError):
            await end(context, wait)

    events = [status(*each) for each in told]
    for batch in [events] if are_together else [[each] for each in events]:
        await plugin.before_routing(batch)

    assert list(dict.fromkeys(each.state for each in context.host.fates)) == fates
