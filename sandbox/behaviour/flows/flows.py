"""Flows: drafted, looked at, changed, published, retired, deleted and copied to another account."""

from __future__ import annotations

import json
import secrets

from ...protocol.errors import MetaError, invalid_parameter, refused, unknown_object
from ...protocol.fields import pick
from ...protocol.paging import page
from ...protocol.shapes import Json, is_object
from ...world.belongings import Flow
from ...world.entities import Waba
from ...world.world import World
from ..accounts import public
from ..accounts.checks import flag, is_web_address, line, needed_line
from ..call import Answer, Call, success
from . import validation
from .shown import getters

# https://developers.facebook.com/documentation/business-messaging/whatsapp/flows/reference/flowsapi
CATEGORIES = (
    "SIGN_UP",
    "SIGN_IN",
    "APPOINTMENT_BOOKING",
    "LEAD_GENERATION",
    "CONTACT_US",
    "CUSTOMER_SUPPORT",
    "SURVEY",
    "SHOPPING",
    "OTHER",
)
MAX_NAME_CHARS = 200
MAX_URL_CHARS = 2048
MAX_JSON_BYTES = 10 * 1024 * 1024
MAX_MIGRATED = 100
NODE_TYPE = "WhatsAppFlow"
LISTED = ("id", "name", "status", "categories", "validation_errors")


async def listed(call: Call) -> Answer:
    waba, wanted = call.waba(), call.fields()
    return page(
        flows_of(call.world, waba)[::-1],
        key=lambda flow: flow.id,
        show=lambda flow: pick(getters(call, flow), wanted, LISTED, NODE_TYPE),
        parameters=call.parameters,
        url=call.url,
    )


async def create(call: Call) -> Answer:
    world, waba = call.world, call.waba()
    name = _free_name(world, waba, needed_line(call, "name", MAX_NAME_CHARS), None)
    categories = _categories(call)
    if categories is None:
        raise MetaError(100, "(#100) The parameter categories is required.")
    original = _original(call, waba)
    source = _given_json(call) or (original.source if original is not None else None)
    now = world.clock.now()
    flow = Flow(
        id=world.new_id(),
        waba_id=waba.id,
        name=name,
        categories=categories,
        created_at=now,
        updated_at=now,
        app_id=call.bearer().app_id,
        key=secrets.token_urlsafe(18),
        endpoint_uri=_endpoint(call) or (original.endpoint_uri if original is not None else None),
        source=source,
        validation_errors=validation.check(source) if source is not None else [],
    )
    wants_publishing = flag(call, "publish") is True
    world.flows[flow.id] = flow
    answer: Json = {
        "id": flow.id,
        "success": not flow.validation_errors,
        "validation_errors": flow.validation_errors,
    }
    if wants_publishing and source is not None and not flow.validation_errors:
        _move(world, flow, "PUBLISHED")
    return answer


async def get(call: Call) -> Answer:
    return pick(getters(call, call.flow()), call.fields(), LISTED, NODE_TYPE)


async def update(call: Call) -> Answer:
    world, flow = call.world, call.flow()
    name = line(call, "name", MAX_NAME_CHARS, least=1)
    categories, endpoint = _categories(call), _endpoint(call)
    app_id = call.parameters.get("application_id")
    if flow.status != "DRAFT" and (name is not None or categories is not None):
        raise refused(139001, "Only drafts can be renamed")
    if name is not None:
        flow.name = _free_name(world, world.wabas[flow.waba_id], name, flow)
    if app_id is not None:
        if str(app_id) not in world.apps:
            raise unknown_object(call.method, str(app_id))
        flow.app_id = str(app_id)
    flow.categories = flow.categories if categories is None else categories
    flow.endpoint_uri = flow.endpoint_uri if endpoint is None else endpoint
    flow.updated_at = world.clock.now()
    return success()


async def delete(call: Call) -> Answer:
    flow = call.flow()
    if flow.status != "DRAFT":
        raise refused(139004, "Only drafts can be deleted")
    del call.world.flows[flow.id]
    return success()


async def publish(call: Call) -> Answer:
    flow = call.flow()
    if flow.status != "DRAFT":
        raise refused(139002, f"The flow is {flow.status} already")
    if flow.source is None or flow.validation_errors:
        raise refused(139002, "The flow has no Flow JSON, or it has validation errors")
    needs_endpoint = validation.version_of(flow.source, "data_api_version") is not None
    if needs_endpoint and flow.endpoint_uri is None:
        raise refused(139002, "The flow exchanges data and has no endpoint_uri")
    if needs_endpoint and not _has_key(call.world, flow):
        raise refused(139002, "No phone number of the account has a public key")
    _move(call.world, flow, "PUBLISHED")
    return success()


async def deprecate(call: Call) -> Answer:
    flow = call.flow()
    if flow.status not in ("PUBLISHED", "THROTTLED", "BLOCKED"):
        raise refused(139003, f"The flow is {flow.status}, and not published")
    _move(call.world, flow, "DEPRECATED")
    return success()


async def assets(call: Call) -> Answer:
    flow = call.flow()
    shown = {
        "name": "flow.json",
        "asset_type": "FLOW_JSON",
        "download_url": public.address(call.base_url, "flow", flow.key),
    }
    return page(
        [flow] if flow.source is not None else [],
        key=lambda flow: flow.id,
        show=lambda _: shown,
        parameters=call.parameters,
        url=call.url,
    )


async def save_asset(call: Call) -> Answer:
    """Upload the JSON. What is wrong with it is told, and kept as a draft all the same."""
    flow = call.flow()
    if call.need("name") != "flow.json" or call.need("asset_type") != "FLOW_JSON":
        raise invalid_parameter("The asset's name must be flow.json and its type FLOW_JSON")
    file = (call.files or {}).get("file")
    if file is None:
        raise MetaError(100, "(#100) The parameter file is required.")
    if flow.status != "DRAFT":
        raise refused(139001, "A published flow cannot be changed: clone it")
    content = await file.read(MAX_JSON_BYTES + 1)
    if len(content) > MAX_JSON_BYTES:
        raise invalid_parameter("A Flow JSON must not be larger than 10 MB")
    try:
        source = content.decode()
    except UnicodeDecodeError:
        raise refused(139001, "The Flow JSON is not UTF-8") from None
    flow.source = source
    flow.validation_errors = validation.check(source)
    flow.updated_at = call.world.clock.now()
    return {"success": True, "validation_errors": flow.validation_errors}


async def migrate(call: Call) -> Answer:
    """Copy flows of another account of the same business, one by one, whatever happens."""
    world, waba = call.world, call.waba()
    source_id = call.need("source_waba_id")
    source = world.wabas.get(source_id)
    if source is None or not call.bearer().sees(source_id):
        raise unknown_object(call.method, source_id)
    if source.business_id != waba.business_id or source is waba:
        raise MetaError(4233041, "(#4233041) Flows Migration Error: other business or same account")
    names = call.listed("source_flow_names")
    if len(names) > MAX_MIGRATED:
        raise invalid_parameter(f"At most {MAX_MIGRATED} flows can be migrated in one request")
    by_name = {flow.name: flow for flow in flows_of(world, source)}
    taken = {flow.name for flow in flows_of(world, waba)}
    done: list[Json] = []
    failed: list[Json] = []
    for name in (names or list(by_name))[:MAX_MIGRATED]:
        flow = by_name.get(name)
        if flow is None or name in taken:
            failed.append(_not_migrated(name, is_there=flow is not None))
            continue
        copy = _copied(world, flow, waba)
        taken.add(name)
        done.append({"source_name": name, "source_id": flow.id, "migrated_id": copy.id})
    return {"migrated_flows": done, "failed_flows": failed}


def flows_of(world: World, waba: Waba) -> list[Flow]:
    return [flow for flow in world.flows.values() if flow.waba_id == waba.id]


def _copied(world: World, flow: Flow, waba: Waba) -> Flow:
    copy = Flow(
        id=world.new_id(),
        waba_id=waba.id,
        name=flow.name,
        categories=list(flow.categories),
        created_at=world.clock.now(),
        updated_at=world.clock.now(),
        app_id=flow.app_id,
        key=secrets.token_urlsafe(18),
        status="PUBLISHED" if flow.status == "PUBLISHED" else "DRAFT",
        endpoint_uri=flow.endpoint_uri,
        source=flow.source,
        validation_errors=list(flow.validation_errors),
    )
    world.flows[copy.id] = copy
    return copy


def _not_migrated(name: str, *, is_there: bool) -> Json:
    reason = "exists in destination WABA" if is_there else "does not exist in source WABA"
    said = f"Flows Migration Error: Flow with the same name {reason}."
    return {"source_name": name, "error_code": "4233041", "error_message": said}


def _move(world: World, flow: Flow, status: str) -> None:
    old, flow.status = flow.status, status
    flow.updated_at = world.clock.now()
    value = {
        "event": "FLOW_STATUS_CHANGE",
        "message": f"Flow {flow.name} changed status from {old} to {status}",
        "flow_id": flow.id,
        "old_status": old,
        "new_status": status,
    }
    world.publish_change(world.wabas[flow.waba_id], "flows", value)


def _free_name(world: World, waba: Waba, name: str, own: Flow | None) -> str:
    if any(flow.name == name and flow is not own for flow in flows_of(world, waba)):
        raise invalid_parameter("Flow name is not unique: another flow of the account has it")
    return name


def _categories(call: Call) -> list[str] | None:
    if call.parameters.get("categories") is None:
        return None
    given = call.listed("categories")
    if not given or any(name not in CATEGORIES for name in given):
        raise MetaError(100, f"(#100) Param categories must be one of {{{', '.join(CATEGORIES)}}}")
    return given


def _endpoint(call: Call) -> str | None:
    uri = call.parameters.get("endpoint_uri")
    if uri is None:
        return None
    if not is_web_address(uri, MAX_URL_CHARS):
        raise invalid_parameter("endpoint_uri must be an http or https address")
    return str(uri)


def _given_json(call: Call) -> str | None:
    value = call.parameters.get("flow_json")
    if value is None:
        return None
    # A form's field that holds an object was read as one; its text is the same to the rules.
    return json.dumps(value) if is_object(value) else str(value)


def _original(call: Call, waba: Waba) -> Flow | None:
    clone_id = call.parameters.get("clone_flow_id")
    if clone_id is None:
        return None
    flow = call.world.flows.get(str(clone_id))
    if flow is None or flow.waba_id != waba.id:
        raise unknown_object(call.method, str(clone_id))
    return flow


def _has_key(world: World, flow: Flow) -> bool:
    numbers = world.numbers_of(world.wabas[flow.waba_id])
    return any(number.public_key is not None for number in numbers)
