"""Controls of the world as a whole, and of single businesses, accounts, numbers, apps, tokens."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Never

from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel

from ..documents import document, things
from ..documents.document import Mode
from ..documents.models import BY_NAME, Part
from ..documents.plan import Complaint, DocumentError
from ..protocol.shapes import Json
from ..world.world import World

# People have controls of their own, templates those of Graph and of their review.
SINGLE = ("businesses", "wabas", "numbers", "apps", "tokens", "users")
MAX_DOCUMENT_BYTES = 64_000_000


def world_controls(controls: FastAPI, world: World) -> None:
    _whole(controls, world)
    for name in SINGLE:
        _single(controls, world, BY_NAME[name])


def _whole(controls: FastAPI, world: World) -> None:
    @controls.get("/_sandbox/world")
    async def export() -> Json:
        """The present world as a document, secrets and tokens included: it is a simulation."""
        return document.export(world)

    @controls.get("/_sandbox/world/schema")
    async def schema() -> Json:
        """The JSON Schema of such a document."""
        return document.schema()

    @controls.post(
        "/_sandbox/world",
        openapi_extra=_body(None),
    )
    async def load(request: Request, mode: Mode = "replace") -> Json:
        """Load a document in the place of this world, or add it. All of it, or nothing."""
        try:
            loaded = document.load(world, document=await _read(request), mode=mode)
        except DocumentError as wrong:
            _refuse(wrong)
        return {"mode": mode, "loaded": loaded}


def _single(controls: FastAPI, world: World, part: Part) -> None:
    path = f"/_sandbox/{part.name}"
    one = f"{path}/{{key}}"
    noun = part.entity.__name__

    @controls.get(path, operation_id=f"list_{part.name}")
    async def everything() -> Json:
        found = getattr(world, part.name).values()
        return {part.name: [document.shown_thing(world, part, thing) for thing in found]}

    @controls.get(one, operation_id=f"read_{noun}")
    async def read(key: str) -> Json:
        return document.shown_thing(world, part, _thing(world, part, key))

    @controls.post(
        path,
        status_code=201,
        operation_id=f"create_{noun}",
        openapi_extra=_body(part.model),
    )
    async def create(request: Request) -> Json:
        try:
            thing = things.add(world, part, await _read(request))
        except DocumentError as wrong:
            _refuse(wrong)
        return document.shown_thing(world, part, thing)

    @controls.patch(
        one,
        operation_id=f"change_{noun}",
        openapi_extra=_body(part.change),
    )
    async def change(key: str, request: Request) -> Json:
        """Set what is named, leave the rest."""
        _thing(world, part, key)
        try:
            thing = things.change(world, part, key, await _read(request))
        except DocumentError as wrong:
            _refuse(wrong)
        return document.shown_thing(world, part, thing)

    @controls.delete(one, operation_id=f"delete_{noun}")
    async def delete(key: str) -> Json:
        """Take it out of the world; first whatever belongs to it has to go."""
        _thing(world, part, key)
        held = things.dependents(world, part, key)
        if held:
            first = ", ".join(held[:5]) + (" …" if len(held) > 5 else "")
            raise HTTPException(409, f"These belong to it: {first}. Delete them first.")
        things.remove(world, part, key)
        return {"deleted": key}


def _thing(world: World, part: Part, key: str) -> Any:
    thing = getattr(world, part.name).get(key)
    if thing is None:
        raise HTTPException(404, f"There is no {key} in {part.name}.")
    return thing


@cache
def _body(model: type[BaseModel] | None) -> Json:
    """What the body is, for the OpenAPI document; it is read by hand to name what is wrong."""
    schema = {"type": "object"} if model is None else document.inlined(model.model_json_schema())
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


async def _read(request: Request) -> object:
    parts: list[bytes] = []
    async for part in request.stream():
        parts.append(part)
        if sum(map(len, parts)) > MAX_DOCUMENT_BYTES:
            raise HTTPException(413, f"More than {MAX_DOCUMENT_BYTES:,} bytes.")
    try:
        read: object = json.loads(b"".join(parts), parse_constant=_no_number)
        # Half of a surrogate pair is JSON, but no text that could be shown again.
        json.dumps(read, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as broken:
        complaint = Complaint("$", f"This is no JSON: {broken}.", "Send a JSON object.")
        _refuse(DocumentError([complaint]))
    return read


def _no_number(name: str) -> Never:
    raise ValueError(f"{name} is no number")


def _refuse(wrong: DocumentError) -> Never:
    raise HTTPException(422, [complaint.shown() for complaint in wrong.complaints]) from None
