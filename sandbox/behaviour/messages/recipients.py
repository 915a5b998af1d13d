"""Whom a send is for: a phone number, a business-scoped user id, or a group."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ...protocol.errors import invalid_parameter, missing_parameter, refused
from ...protocol.shapes import Json, is_text
from ...world.entities import App, Group, Person, PhoneNumber
from ...world.world import World

BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
PUNCTUATION = str.maketrans("", "", "+ -().\u00a0")


@dataclass(frozen=True)
class Recipient:
    """What was written, the address it stands for, and who that is (if anyone)."""

    given: str
    address: str
    person: Person | None = None
    group: Group | None = None

    @property
    def is_bsuid(self) -> bool:
        return self.group is None and not self.address.isdigit()


def find_recipient(world: World, number: PhoneNumber, app: App, body: Json) -> Recipient:
    to, bsuid = body.get("to"), body.get("recipient")
    if body.get("recipient_type") == "group":
        return _group(world, number, to)
    if to is None and bsuid is None:
        raise missing_parameter("to")
    if to is None:
        return _by_bsuid(world, app, bsuid)
    if not isinstance(to, str | int) or isinstance(to, bool):
        raise invalid_parameter("Parameter value is not valid: to must be a valid phone number")
    given = str(to)
    digits = given.translate(PUNCTUATION)
    if not digits.isdecimal() or not digits.isascii() or not 5 <= len(digits) <= 15:
        raise invalid_parameter("Parameter value is not valid: to must be a valid phone number")
    wa_id = _known_form(world, number, given, digits)
    if wa_id == number.digits:
        raise refused(131021)
    _check_allowed(world, app, wa_id)
    return Recipient(given, wa_id, world.people.get(wa_id))


def _group(world: World, number: PhoneNumber, to: object) -> Recipient:
    if not is_text(to):
        raise missing_parameter("to")
    group = world.groups.get(to)
    if group is None or group.number_id != number.id:
        raise refused(131041, "The group does not exist, or this number is not a member of it.")
    if group.is_suspended:
        raise refused(131207)
    if not group.participants:
        raise refused(131020)
    return Recipient(to, to, group=group)


def _by_bsuid(world: World, app: App, bsuid: object) -> Recipient:
    if not isinstance(bsuid, str) or not BSUID.fullmatch(bsuid):
        raise invalid_parameter("Parameter value is not valid: recipient must be a valid user id")
    person = world.people_by_bsuid.get(bsuid)
    _check_allowed(world, app, person.wa_id if person else bsuid)
    return Recipient(bsuid, bsuid, person)


def _known_form(world: World, number: PhoneNumber, given: str, digits: str) -> str:
    """The platform knows some numbers in another form than people write them."""
    forms = [digits]
    if not given.lstrip().startswith("+"):
        forms.append(number.country_code + digits)
    if digits.startswith("521"):
        forms.append("52" + digits[3:])
    elif digits.startswith("52"):
        forms.append("521" + digits[2:])
    if digits.startswith("55") and len(digits) == 13 and digits[4] == "9":
        forms.append(digits[:4] + digits[5:])
    elif digits.startswith("55") and len(digits) == 12:
        forms.append(f"{digits[:4]}9{digits[4:]}")
    return next((form for form in forms if form in world.people), digits)


def _check_allowed(world: World, app: App, address: str) -> None:
    # Whom a development app may write to is limited, not with what: that it could send only Meta's
    # own templates is said, but Meta's samples (fbsamples/whatsapp-business-jaspers-market) begin
    # by creating some, and no refusal of one is known.
    if world.settings.mode == "development" and address not in app.allowed_recipients:
        raise refused(131030)
