"""QR codes and short links that open a chat with a message already written."""

from __future__ import annotations

import secrets
import string

from ...protocol.errors import MetaError, invalid_parameter, unknown_object
from ...protocol.fields import Getter, Selected, pick
from ...protocol.paging import page
from ...protocol.shapes import Json
from ...world.belongings import QrCode
from ..call import Answer, Call, success
from . import public
from .checks import needed_line, one_of

# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/qr-codes
MAX_MESSAGE_CHARS = 140
MAX_CODES = 2000
CODE_CHARS = 14
ALPHABET = string.ascii_uppercase + string.digits
FORMATS = ("SVG", "PNG")
DEFAULT = ("code", "prefilled_message", "deep_link_url")
NODE_TYPE = "MessageQRCode"


async def get(call: Call) -> Answer:
    codes = call.number().qr_codes
    wanted = call.rest or str(call.parameters.get("code") or "")
    if not wanted:
        return _page(call, list(codes.values()))
    if wanted not in codes:
        raise unknown_object(call.method, wanted)
    return {"data": [_shown(call, codes[wanted], call.fields())]}


async def save(call: Call) -> Answer:
    """Without `code` a new one, with it a new text for an old one."""
    if call.rest:
        raise unknown_object(call.method, call.rest)
    codes = call.number().qr_codes
    message = needed_line(call, "prefilled_message", MAX_MESSAGE_CHARS)
    form = call.parameters.get("generate_qr_image")
    if form is not None:
        form = one_of(form, "generate_qr_image", FORMATS)
    given = call.parameters.get("code")
    if given is not None:
        if str(given) not in codes:
            raise invalid_parameter("There is no QR code with this code")
        saved = codes[str(given)]
        saved.prefilled_message = message
    else:
        if len(codes) >= MAX_CODES:
            raise MetaError(100, f"(#100) A phone number has at most {MAX_CODES} QR codes.")
        saved = QrCode(_new_code(codes), message, call.world.clock.now())
        codes[saved.code] = saved
    shown = _shown(call, saved, ())
    if form is not None:
        shown["qr_image_url"] = _image(call, saved, form)
    return shown


async def delete(call: Call) -> Answer:
    codes, code = call.number().qr_codes, call.rest or str(call.parameters.get("code") or "")
    if code not in codes:
        raise unknown_object(call.method, code)
    del codes[code]
    return success()


def _new_code(codes: dict[str, QrCode]) -> str:
    while True:
        code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARS))
        if code not in codes:
            return code


def _page(call: Call, codes: list[QrCode]) -> Json:
    wanted = call.fields()
    return page(
        codes[::-1],
        key=lambda code: code.code,
        show=lambda code: _shown(call, code, wanted),
        parameters=call.parameters,
        url=call.url,
    )


def _shown(call: Call, code: QrCode, wanted: tuple[Selected, ...]) -> Json:
    getters: dict[str, Getter] = {
        "id": lambda _: None,
        "code": lambda _: code.code,
        "prefilled_message": lambda _: code.prefilled_message,
        "deep_link_url": lambda _: public.SHORT_LINK.format(code.code),
        "creation_time": lambda _: int(code.created_at),
        "qr_image_url": lambda selected: _image(
            call, code, one_of(selected.arguments.get("format", "SVG"), "format", FORMATS)
        ),
    }
    # The code is the identity of these; they have no id beside it.
    return pick(getters, wanted, DEFAULT, NODE_TYPE)


def _image(call: Call, code: QrCode, form: str) -> str:
    return public.address(call.base_url, "qr", f"{code.code}.{form.lower()}")
