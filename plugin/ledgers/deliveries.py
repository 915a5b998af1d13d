"""What became of messages: the journal of sends, and the ledger of their statuses.

The journal has one entry for each step that sends, written before the request leaves, so that a
crash between Meta's acceptance and our record is noticed instead of repeated. The ledger has one
entry for each status of a message: nothing is ever overwritten, so statuses may come in any order,
repeatedly, and to several processes at once.

A status whose step is in the journal is also told to the host, as that step's fate.

Both are kept by the WABA that a status came from: what the customer of another one has written into
`biz_opaque_callback_data` says nothing of our steps. `step` is therefore what `step_of` returns.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, cast

from appmixer.engine.contract import (
    ActionContext,
    Event,
    Fate,
    FateState,
    Json,
    JsonObject,
    KeepEntries,
    Notice,
    RejectedError,
    Store,
)

from ..foreign_json.shapes import as_id, as_object, as_objects, as_text, as_unix_time
from ..graph.callback_data import is_second, unpack
from ..graph.errors import error_from_webhook
from .late_statuses import OtherSend, late_notice

SendState = Literal["sending", "accepted", "unknown"]
# In the order in which they follow one another; `failed` is final.
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status
DeliveryStatus = Literal["sent", "delivered", "read", "played", "failed"]
ORDER: tuple[DeliveryStatus, ...] = ("sent", "delivered", "read", "played", "failed")

# What the host calls them. A message is accepted before Meta says that it was sent, and after.
FATES: Mapping[str, FateState] = {
    "sent": "accepted",
    "delivered": "delivered",
    "read": "read",
    "played": "played",
    "failed": "failed",
}

# Meta tries to deliver for 30 days at most, and repeats webhooks for 7.
KEPT_S = 40 * 24 * 3600.0


@dataclass(frozen=True)
class Attempt:
    """An earlier attempt at a send; `message_id` is known once it is accepted.

    `result` is what `keep_accepted` was given, None when only a status told of the acceptance.
    `name` is the host's name of the attempt that was about to send, `sent_as` what it said that
    it sends, `repeat` what it left for sending again should its outcome stay unknown.
    """

    state: SendState
    message_id: str | None = None
    result: JsonObject | None = None
    name: str = ""
    sent_as: str = "message"
    repeat: JsonObject | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Delivery:
    """The furthest status of a message; `history` has the time of each, `errors` Meta's objects."""

    message_id: str
    status: DeliveryStatus
    at: datetime
    step_id: str | None = None
    history: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    errors: Sequence[Mapping[str, Any]] = ()


def step_of(waba_id: str, step_id: str) -> str:
    """Return the name of a step that sends for a WABA; `step:<name>` is what its wait is for."""
    return f"{waba_id}:{step_id}"


def second_of(step: str) -> str:
    """Return the name, in the journal, of the second message of a step that was to send again."""
    return f"{step}:again"


class Deliveries:
    """Journal and ledger, in the connector's store."""

    def __init__(
        self,
        store: Store,
        keep: KeepEntries,
        report: Callable[[Sequence[Fate]], Awaitable[None]],
        tell: Callable[[Sequence[str], Notice], Awaitable[None]],
        clock: Callable[[], datetime],
    ) -> None:
        self._store, self._keep, self._report, self._clock = store, keep, report, clock
        self._tell = tell

    async def earlier(self, step: str) -> Attempt | None:
        """Return what an earlier attempt at the step has left here."""
        entry = (await self._store.get([_send_key(step)])).get(_send_key(step))
        return None if entry is None else _attempt(as_object(entry))

    async def begin(
        self,
        step: str,
        name: str,
        has_not_acted: Callable[[str], bool],
        sent_as: str = "message",
        repeat: JsonObject | None = None,
    ) -> Attempt | None:
        """Write that an attempt is about to send; return an earlier one that may have sent.

        One that was about to and has certainly stayed is followed, by one attempt and no other.
        `repeat` is kept for as long as the outcome may stay unknown, and no longer.
        """
        since = self._clock().isoformat()
        entry: JsonObject = {
            "state": "sending",
            "since": since,
            "attempt": name,
            "sentAs": sent_as,
        }
        whole: JsonObject = entry if repeat is None else {**entry, "repeat": repeat}
        key = place = _send_key(step)
        while True:
            content = whole if place == key else entry
            present = await self._store.add(place, content, expires_in_s=KEPT_S)
            if present is None:
                break
            earlier = _attempt(as_object(present))
            if earlier.state != "sending" or not has_not_acted(earlier.name):
                return earlier
            place = f"{key}:after:{earlier.name}"
        if place != key:
            await self._store.put({key: whole}, expires_in_s=KEPT_S)
        return None

    async def refused(self, step: str) -> None:
        """Write that nothing was sent: the same step may begin again."""
        await self._store.delete([_send_key(step)])

    async def unknown(self, step: str, sent_as: str = "message", *, is_over: bool = False) -> str:
        """Write that the request left and no answer came: the step must not send again.

        `is_over` says that nobody waits for its status any more. Return since when it is so.
        """
        key = _send_key(step)
        # A status may have told of the acceptance in the meantime.
        present = as_object((await self._store.get([key])).get(key))
        since = as_text(present.get("since")) or self._clock().isoformat()
        if present.get("state") != "accepted":
            repeat: dict[str, Json] = {}
            if "repeat" in present and not is_over:
                repeat["repeat"] = present["repeat"]
            entry: JsonObject = {
                "state": "unknown",
                "since": since,
                "isOver": is_over,
                "sentAs": as_text(present.get("sentAs")) or sent_as,
                **repeat,
            }
            await self._store.put({key: entry}, expires_in_s=KEPT_S)
        return since

    async def note(self, events: Sequence[Event]) -> None:
        """Take the statuses of a batch; what they tell is kept with what follows from them.

        What they say of steps is told before.
        """
        statuses = [
            (as_text(each.payload.get("wabaId")), as_object(each.payload.get("status")))
            for each in events
            if each.kind == "status"
        ]
        entries = dict(filter(None, [_ledger_entry(*each) for each in statuses]))
        sends = await self._sends_of(statuses)
        entries |= _learned(sends, statuses)
        fates = [
            fate
            for each in statuses
            if (fate := _fate(sends, *each))
            and not (fate.state == "failed" and await self._has_hope(sends, entries, *each))
        ]
        if entries:
            await self._keep(entries, expires_in_s=KEPT_S)
        if fates:
            await self._report(fates)
        for event in events:
            await self._tell_of_late(sends, event)

    async def _has_hope(
        self,
        sends: Mapping[str, Mapping[str, Any]],
        entries: Mapping[str, Json],
        waba_id: str,
        status: Mapping[str, Any],
    ) -> bool:
        """Say of a message that has failed whether another one of its step may have arrived."""
        key = _journal_key(waba_id, status)
        mine, first = sends[key], key.partition("#")[0].removesuffix(second_of(""))
        found = await self._store.get([first, second_of(first)])
        # A step that was done again by a person has a longer name.
        found = {**found, **await self._store.scan(f"{first}#"), **entries}
        # Of one before it, on which the step did not end, silence means that it never left.
        is_of_step = "result" in mine or not (mine["state"] == "accepted" or mine.get("isOver"))
        for name, entry in found.items():
            is_send = name == first or name.startswith((second_of(first), f"{first}#"))
            if name == key or not is_send or ":after:" in name:
                continue
            message_id = as_text(as_object(entry).get("messageId"))
            if not message_id:
                if key == first or not is_of_step:
                    return True
                continue
            failed = _status_key(waba_id, message_id, "failed")
            if failed not in entries and not await self._store.get([failed]):
                return True
        return False

    async def _tell_of_late(self, sends: Mapping[str, Mapping[str, Any]], event: Event) -> None:
        """Tell owners of a send that Meta had taken, when its step had ended as unknown."""
        waba_id = as_text(event.payload.get("wabaId"))
        status = as_object(event.payload.get("status"))
        key = _journal_key(waba_id, status)
        if event.kind == "status" and sends.get(key, {}).get("isOver") is True:
            step_id = _step_id(status) or ""
            other = await self._other(waba_id, status)
            why = _failure(status) if not _participant(status) else None
            await self._tell(event.topics, late_notice(waba_id, step_id, status, other, why))

    async def _other(self, waba_id: str, status: Mapping[str, Any]) -> OtherSend:
        """Say what is known of the step's other message: a person's doing, or the flow's wish."""
        key = _send_key(step_of(waba_id, _step_id(status) or ""))
        # A step that was done again by a person has a longer name.
        if await self._store.scan(f"{key}#"):
            return "sent"
        other = key if _is_second(status) else second_of(key)
        entry = as_object((await self._store.get([other])).get(other))
        if not entry:
            return "none"
        return "sent" if entry["state"] == "accepted" else "unknown"

    async def delivery(self, waba_id: str, message_id: str) -> Delivery | None:
        """Return what is known of a message of the WABA; None before its first status."""
        keys = {_status_key(waba_id, message_id, status): status for status in ORDER}
        found = await self._store.get(list(keys))
        entries = {keys[key]: as_object(entry) for key, entry in found.items()}
        reached: list[DeliveryStatus] = [status for status in ORDER if status in entries]
        if not reached:
            return None
        furthest = reached[-1]
        history = {str(status): _time(entries[status]) for status in reached}
        return Delivery(
            message_id,
            furthest,
            _time(entries[furthest]),
            as_text(entries[furthest].get("stepId")) or None,
            history,
            tuple(as_objects(entries[furthest].get("errors"))),
        )

    async def _sends_of(
        self, statuses: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> Mapping[str, Mapping[str, Any]]:
        """Return the journal's entries of the steps that the statuses name."""
        keys = {key for each in statuses if (key := _journal_key(*each))}
        if not keys:
            return {}
        present = await self._store.get(list(keys))
        return {key: as_object(entry) for key, entry in present.items()}


async def keep_accepted(
    context: ActionContext, step: str, message_id: str, result: JsonObject
) -> None:
    """Write with the step's record that Meta took the message."""
    entry: JsonObject = {"state": "accepted", "messageId": message_id, "result": result}
    await context.put_with_step({_send_key(step): entry}, expires_in_s=KEPT_S)


def _learned(
    sends: Mapping[str, Mapping[str, Any]], statuses: Sequence[tuple[str, Mapping[str, Any]]]
) -> dict[str, Json]:
    """Return journal entries for sends whose acceptance only their statuses tell."""
    return {
        key: {
            "state": "accepted",
            "messageId": as_id(status["id"]),
            "sentAs": sends[key].get("sentAs"),
        }
        for waba_id, status in statuses
        if (key := _journal_key(waba_id, status)) in sends and sends[key]["state"] != "accepted"
    }


def _fate(
    sends: Mapping[str, Mapping[str, Any]], waba_id: str, status: Mapping[str, Any]
) -> Fate | None:
    """Return what a status says of a step of ours; None if it says nothing of any."""
    key, step_id = _journal_key(waba_id, status), _step_id(status)
    if step_id is None or key not in sends or _ledger_entry(waba_id, status) is None:
        return None
    # Whoever else sends from the WABA may have written the name of our step.
    if sends[key].get("messageId", as_id(status["id"])) != as_id(status["id"]):
        return None
    name = as_text(status.get("status"))
    at = datetime.fromtimestamp(as_unix_time(status.get("timestamp")) or 0, UTC)
    return Fate(step_id, FATES[name], at, _failure(status))


def _failure(status: Mapping[str, Any]) -> RejectedError | None:
    if as_text(status.get("status")) != "failed":
        return None
    return failure_of(as_objects(status.get("errors")))


def failure_of(errors: Sequence[Mapping[str, Any]]) -> RejectedError:
    """Return why a message has failed, by what Meta said of it."""
    told = next(iter(errors), None)
    if told is None:
        return RejectedError("The message has failed", "Meta gave no reason.")
    why = error_from_webhook(told)
    return RejectedError(why.title, why.cause, why.cure, "", why.code)


def _participant(status: Mapping[str, Any]) -> str:
    by_user_id = as_id(status.get("recipient_participant_user_id"))
    return by_user_id or as_id(status.get("recipient_participant_id"))


def _attempt(entry: Mapping[str, Any]) -> Attempt:
    result = entry.get("result")
    return Attempt(
        state=cast("SendState", entry["state"]),
        message_id=as_text(entry.get("messageId")) or None,
        result=as_object(result) if result is not None else None,
        name=as_text(entry.get("attempt")),
        sent_as=as_text(entry.get("sentAs")) or "message",
        repeat=as_object(entry["repeat"]) if "repeat" in entry else None,
    )


def _ledger_entry(waba_id: str, status: Mapping[str, Any]) -> tuple[str, Json] | None:
    message_id, name = as_id(status.get("id")), as_text(status.get("status"))
    if not message_id or name not in ORDER or status.get("type", "message") != "message":
        return None
    if name == "failed" and _participant(status):
        return None  # the others of the group have it all the same
    entry: dict[str, Json] = {"at": as_unix_time(status.get("timestamp")) or 0}
    if step_id := _step_id(status):
        entry["stepId"] = step_id
    if errors := as_objects(status.get("errors")):
        entry["errors"] = errors
    return _status_key(waba_id, message_id, name), entry


def _step_id(status: Mapping[str, Any]) -> str | None:
    if not as_id(status.get("id")):
        return None
    return unpack(as_text(status.get("biz_opaque_callback_data")))[0]


def _journal_key(waba_id: str, status: Mapping[str, Any]) -> str:
    """Return the key of the send that a status is of; empty if it names none."""
    step_id = _step_id(status)
    if not step_id:
        return ""
    step = step_of(waba_id, step_id)
    return _send_key(second_of(step) if _is_second(status) else step)


def _is_second(status: Mapping[str, Any]) -> bool:
    return is_second(as_text(status.get("biz_opaque_callback_data")))


def _time(entry: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(as_unix_time(entry.get("at")) or 0, UTC)


def _send_key(step: str) -> str:
    return f"send:{step}"


def _status_key(waba_id: str, message_id: str, status: str) -> str:
    return f"status:{waba_id}:{message_id}:{status}"
