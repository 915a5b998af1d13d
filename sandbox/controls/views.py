"""What the controls show: the seeded world, clock, people, deliveries, faults and calls."""

from __future__ import annotations

from ..documents.summary import summary_of
from ..protocol.redaction import redacted, redacted_form
from ..protocol.shapes import Json
from ..world import seed as fixed
from ..world.call_log import Body, GraphCall
from ..world.clock import Clock
from ..world.deliveries import Delivery
from ..world.entities import Person
from ..world.faults import Fault
from ..world.world import World


def seeded() -> Json:
    """The fixed world in one object."""
    return {
        "appId": fixed.APP_ID,
        "appSecret": fixed.APP_SECRET,
        "appToken": f"{fixed.APP_ID}|{fixed.APP_SECRET}",
        "configId": fixed.CONFIG_ID,
        "esConfigId": fixed.ES_CONFIG_ID,
        "verifyToken": fixed.VERIFY_TOKEN,
        "systemUserToken": fixed.SYSTEM_USER_TOKEN,
        "systemUserId": fixed.SYSTEM_USER_ID,
        "businessId": fixed.BUSINESS_ID,
        "userId": fixed.USER_ID,
        "wabaId": fixed.WABA_ID,
        "wabaIds": [fixed.WABA_ID, fixed.SECOND_WABA_ID],
        "phoneNumberId": fixed.PHONE_NUMBER_ID,
        "phoneNumberIds": [
            fixed.PHONE_NUMBER_ID,
            fixed.UNVERIFIED_PHONE_NUMBER_ID,
            fixed.SECOND_WABA_PHONE_NUMBER_ID,
        ],
        "displayPhoneNumber": "+1 555-078-3881",
        "pin": fixed.PIN,
        "people": [
            {"waId": fixed.PERSON, "bsuid": fixed.PERSON_BSUID, "name": "Sheena Nelson"},
            {
                "waId": fixed.OTHER_PERSON,
                "bsuid": fixed.OTHER_PERSON_BSUID,
                "name": "Pablo Morales",
            },
        ],
        "templates": [{"name": "hello_world", "language": "en_US"}],
        "otherBusiness": {
            "businessId": fixed.OTHER_BUSINESS_ID,
            "userId": fixed.OTHER_USER_ID,
            "systemUserToken": fixed.OTHER_SYSTEM_USER_TOKEN,
            "systemUserId": fixed.OTHER_SYSTEM_USER_ID,
            "wabaId": fixed.OTHER_WABA_ID,
            "phoneNumberId": fixed.OTHER_PHONE_NUMBER_ID,
            "displayPhoneNumber": "+1 555-078-3999",
            "pin": fixed.OTHER_PIN,
        },
    }


def shown_clock(clock: Clock) -> Json:
    return {
        "now": clock.now(),
        "iso": clock.moment().isoformat(timespec="milliseconds"),
        "frozen": clock.frozen,
        "speed": clock.speed,
        "pending": clock.pending,
    }


def shown_person(world: World, person: Person) -> Json:
    return {
        "waId": person.wa_id,
        "bsuid": person.bsuid,
        "name": person.name,
        "username": person.username,
        "hidePhone": person.hides_phone,
        "readReceipts": person.read_receipts,
        "online": person.is_online,
        "allowed": any(person.wa_id in app.allowed_recipients for app in world.apps.values()),
        "blocks": sorted(person.blocked),
        "parentBsuid": person.parent_bsuid,
        "identityKeyHash": person.identity,
        "openChats": sorted(person.open_chats),
        "stopsMarketing": sorted(person.stopped_marketing),
        "failNext": None
        if person.fail_next is None
        else {
            "code": person.fail_next.code,
            "count": person.fail_next.left,
            "details": person.fail_next.details,
        },
        "messages": len(person.chat),
    }


def shown_delivery(delivery: Delivery) -> Json:
    return {
        "id": delivery.id,
        "appId": delivery.app_id,
        "url": delivery.url,
        "state": delivery.state,
        "updates": delivery.updates,
        "fields": list(delivery.fields),
        "summary": summary_of(delivery),
        "bytes": len(delivery.body),
        "signature": delivery.signature,
        "createdAt": delivery.created_at,
        "attempts": [
            {"at": attempt.at, "status": attempt.status, "error": attempt.error}
            for attempt in delivery.attempts
        ],
    }


def shown_fault(fault: Fault) -> Json:
    return {
        "id": fault.id,
        **fault.rule.model_dump(by_alias=True, exclude_none=True),
        "left": fault.left,
        "until": fault.until,
        "hits": fault.hits,
    }


def shown_call(call: GraphCall) -> Json:
    return {
        "id": call.id,
        "at": call.at,
        "method": call.method,
        "path": call.path,
        "status": call.status,
        "errorCode": call.error_code,
        "fault": call.fault,
        "durationMs": round(call.duration_ms, 3),
    }


def shown_call_with_bodies(call: GraphCall) -> Json:
    return {
        **shown_call(call),
        "query": redacted_form(call.query, call.path),
        "request": _shown_body(call.request, call.path),
        "response": _shown_body(call.response, call.path),
    }


def _shown_body(body: Body, path: str) -> Json:
    """Its text, or null for what is none, was empty, or too long to keep."""
    text, kind = body.text(), body.type.partition(";")[0].strip()
    hide = redacted_form if kind == "application/x-www-form-urlencoded" else redacted
    return {
        "type": kind if body.size else None,
        "bytes": body.size,
        "text": None if text is None else hide(text, path),
    }


def shown_delivery_with_bodies(delivery: Delivery) -> Json:
    shown = shown_delivery(delivery)
    answered = [
        {**attempt, "answer": each.answer}
        for attempt, each in zip(shown["attempts"], delivery.attempts, strict=True)
    ]
    return {**shown, "attempts": answered, "body": delivery.body.decode()}
