"""The blue check of an official business account, and what Indian law asks a business to say."""

from __future__ import annotations

from ...protocol.errors import MetaError, invalid_parameter
from ...protocol.shapes import Json, is_array, is_object
from ...world.entities import PhoneNumber
from ..call import Answer, Call, success
from .checks import check_product, flag, is_web_address, needed_line, one_of, part, unpacked

# https://developers.facebook.com/documentation/business-messaging/whatsapp/official-business-accounts
LINKS = range(5, 11)
MAX_CHARS = 1024
# https://developers.facebook.com/docs/graph-api/reference/whats-app-business-phone-number/business_compliance_info/
ENTITY_TYPES = (
    "LIMITED_LIABILITY_PARTNERSHIP",
    "SOLE_PROPRIETORSHIP",
    "PARTNERSHIP",
    "PUBLIC_COMPANY",
    "PRIVATE_COMPANY",
    "OTHER",
)
CONTACTS = ("grievance_officer_details", "customer_care_details")
COMPLIANCE = ("entity_name", "entity_type", "entity_type_custom", "is_registered", *CONTACTS)


async def status(call: Call) -> Answer:
    return {**shown(call.number()), "id": call.number().id}


async def apply(call: Call) -> Answer:
    number = call.number()
    website = needed_line(call, "business_website_url", MAX_CHARS)
    needed_line(call, "primary_country_of_operation", MAX_CHARS)
    if not is_web_address(website, MAX_CHARS):
        raise invalid_parameter("business_website_url must be an http or https address")
    links = unpacked(call.parameters.get("supporting_links"), "supporting_links")
    if links is not None and (not is_array(links) or len(links) not in LINKS):
        raise invalid_parameter("supporting_links must be a list of 5 to 10 addresses")
    if number.pin is None:
        raise invalid_parameter("Two-step verification must be on for an official account")
    if number.official.status in ("PENDING", "APPROVED"):
        raise invalid_parameter(f"The application is {number.official.status} already")
    number.official.status = "PENDING"
    number.official.message = "The application was received."
    return {
        "success": True,
        "message": number.official.message,
        "updated_status": {**shown(number), "id": number.id},
        "tracking_id": call.world.new_id(),
    }


def shown(number: PhoneNumber) -> Json:
    official = number.official
    said = {"status_message": official.message} if official.message else {}
    return {"oba_status": official.status, **said}


async def compliance(call: Call) -> Answer:
    kept = call.number().compliance
    return {"data": [] if kept is None else [{**kept, "messaging_product": "whatsapp"}]}


async def declare(call: Call) -> Answer:
    check_product(call)
    needed_line(call, "entity_name", MAX_CHARS)
    kind = one_of(call.need("entity_type"), "entity_type", ENTITY_TYPES)
    if kind == "OTHER":
        needed_line(call, "entity_type_custom", MAX_CHARS)
    if kind in ("OTHER", "PARTNERSHIP") and flag(call, "is_registered") is None:
        raise MetaError(100, "(#100) The parameter is_registered is required.")
    for name in CONTACTS:
        _check_contact(name, part(call, name))
    given = call.parameters
    call.number().compliance = {name: given[name] for name in COMPLIANCE if name in given}
    return success()


def _check_contact(name: str, contact: object) -> None:
    if not is_object(contact):
        raise MetaError(100, f"(#100) The parameter {name} is required.")
    required = ("name", "email") if name == CONTACTS[0] else ("email",)
    missing = [key for key in required if not isinstance(contact.get(key), str)]
    if missing:
        raise MetaError(100, f"(#100) The parameter {name}.{missing[0]} is required.")
    if not (contact.get("mobile_number") or contact.get("landline_number")):
        raise MetaError(100, f"(#100) The parameter {name}.mobile_number is required.")
