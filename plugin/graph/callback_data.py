"""What travels in `biz_opaque_callback_data`: our step's key and the flow's own text."""

from __future__ import annotations

from urllib.parse import quote, unquote

from appmixer.engine.contract import RejectedError

# https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
MAX_OPAQUE_CHARS = 512
_MARK = "appmixer.step="
# Of the same length, so that what has fitted still fits.
_SECOND_MARK = "appmixer.anew="


def pack(step_id: str, user_data: str | None = None) -> str:
    """Join both; raise RejectedError for `opaqueData` if Meta would not take so many characters."""
    key = f"{_MARK}{quote(step_id, safe=':/.')}"
    packed = key if user_data is None else f"{key}&{user_data}"
    if len(packed) <= MAX_OPAQUE_CHARS:
        return packed
    room = MAX_OPAQUE_CHARS - len(key) - 1
    raise RejectedError(
        "Too much opaque data",
        f"It has {len(user_data or '')} characters; beside the key of the step {room} fit.",
        "Shorten it, or keep the text elsewhere and send its key.",
        "opaqueData",
    )


def as_second(packed: str) -> str:
    """Return what travels with the second message of the step that this one was packed for."""
    return f"{_SECOND_MARK}{packed.removeprefix(_MARK)}"


def is_second(opaque: str) -> bool:
    """Say whether it travels with a message that its step has sent a second time."""
    return opaque.startswith(_SECOND_MARK)


def unpack(opaque: str) -> tuple[str | None, str | None]:
    """Return the step's id and the flow's text; of a foreign text, None and the text."""
    if not opaque.startswith((_MARK, _SECOND_MARK)):
        return None, opaque
    key, separator, user_data = opaque[len(_MARK) :].partition("&")
    step_id = unquote(key)
    # Whoever else sends from the account can write a key that no step has and no table takes.
    if not step_id or "\0" in step_id:
        return None, opaque
    return step_id, user_data if separator else None
