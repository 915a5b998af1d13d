"""What became of messages: the journal of sends, and the ledger of their statuses.

The journal has one entry for each step that sends, written before the request leaves, so that a
crash between Meta's acceptance and our record is noticed instead of repeated. The ledger has one
entry for each status of a message: nothing is ever overwritten, so statuses may come in any order,
repeatedly, and to several processes at once.

Both are kept by the WABA that a status came from: what the customer of another one has written into
`biz_opaque_callback_data` says nothing of our steps. `step` is therefore what `step_of` returns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, cast

from appmixer.engine.contract import ActionContext, Event, Json, JsonObject, KeepEntries, Store

from ..foreign_json.shapes import as_id, as_object, as_objects, as_text, as_unix_time
from ..graph.callback_data import unpack

SendState = Literal["sending", "accepted", "unknown"]
# In the order in which they follow one another; `failed` is final.
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages/status
DeliveryStatus = Literal["sent", "delivered", "read", "played", "failed"]
ORDER: tuple[DeliveryStatus, ...] = ("sent", "delivered", "read", "played", "failed")

# Meta tries to deliver for 30 days at most, and repeats webhooks for 7.
KEPT_S = 40 * 24 * 3600.0


@dataclass(frozen=True)
class Attempt:
    """An earlier attempt at a send; `message_id` is known once it is accepted.

    `result` is what `keep_accepted` was given, None when only a status told of the acceptance.
    `name` is the host's name of the attempt that was about to send.
    """

    state: SendState
    message_id: str | None = None
    result: JsonObject | None = None
    name: str = ""


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


class Deliveries:
    """Journal and ledger, in the connector's store."""

    def __init__(self, store: Store, keep: KeepEntries, clock: Callable[[], datetime]) -> None:
        self._store, self._keep, self._clock = store, keep, clock

    async def earlier(self, step: str) -> Attempt | None:
        """Return what an earlier attempt at the step has left here."""
        entry = (await self._store.get([_send_key(step)])).get(_send_key(step))
        return None if entry is None else _attempt(as_object(entry))

    async def begin(
        self, step: str, name: str, has_stayed: Callable[[str], bool]
    ) -> Attempt | None:
        """Write that an attempt is about to send; return an earlier one that may have sent.

        One that was about to and has certainly stayed is followed, by one attempt and no other.
        """
        since = self._clock().isoformat()
        entry: JsonObject = {"state": "sending", "since": since, "attempt": name}
        key = place = _send_key(step)
        while (present := await self._store.add(place, entry, expires_in_s=KEPT_S)) is not None:
            earlier = _attempt(as_object(present))
            if earlier.state != "sending" or not has_stayed(earlier.name):
                return earlier
            place = f"{key}:after:{earlier.name}"
        if place != key:
            await self._store.put({key: entry}, expires_in_s=KEPT_S)
        return None

    async def refused(self, step: str) -> None:
        """Write that nothing was sent: the same step may begin again."""
        await self._store.delete([_send_key(step)])

    async def unknown(self, step: str) -> None:
        """Write that the request left and no answer came: the step must not send again."""
        key = _send_key(step)
        # A status may have told of the acceptance in the meantime.
        present = as_object((await self._store.get([key])).get(key))
        if present.get("state") != "accepted":
            await self._store.put({key: {"state": "unknown"}}, expires_in_s=KEPT_S)

    async def note(self, events: Sequence[Event]) -> None:
        """Take the statuses of a batch; what they tell is kept with what follows from them."""
        statuses = [
            (as_text(each.payload.get("wabaId")), as_object(each.payload.get("status")))
            for each in events
            if each.kind == "status"
        ]
        entries = dict(filter(None, [_ledger_entry(*each) for each in statuses]))
        entries |= await self._learned(statuses)
        if entries:
            await self._keep(entries, expires_in_s=KEPT_S)

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

    async def _learned(self, statuses: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Json]:
        """Return journal entries for sends whose acceptance only their statuses tell."""
        ids = {
            _send_key(step_of(waba_id, step_id)): as_id(each["id"])
            for waba_id, each in statuses
            if (step_id := _step_id(each))
        }
        if not ids:
            return {}
        present = await self._store.get(list(ids))
        open_sends = [key for key in present if as_object(present[key])["state"] != "accepted"]
        return {key: {"state": "accepted", "messageId": ids[key]} for key in open_sends}


async def keep_accepted(
    context: ActionContext, step: str, message_id: str, result: JsonObject
) -> None:
    """Write with the step's record that Meta took the message."""
    entry: JsonObject = {"state": "accepted", "messageId": message_id, "result": result}
    await context.put_with_step({_send_key(step): entry}, expires_in_s=KEPT_S)


def _attempt(entry: Mapping[str, Any]) -> Attempt:
    result = entry.get("result")
    return Attempt(
        state=cast("SendState", entry["state"]),
        message_id=as_text(entry.get("messageId")) or None,
        result=as_object(result) if result is not None else None,
        name=as_text(entry.get("attempt")),
    )


def _ledger_entry(waba_id: str, status: Mapping[str, Any]) -> tuple[str, Json] | None:
    message_id, name = as_id(status.get("id")), as_text(status.get("status"))
    if not message_id or name not in ORDER or status.get("type", "message") != "message":
        return None
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


def _time(entry: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(as_unix_time(entry.get("at")) or 0, UTC)


def _send_key(step: str) -> str:
    return f"send:{step}"


def _status_key(waba_id: str, message_id: str, status: str) -> str:
    return f"status:{waba_id}:{message_id}:{status}"
