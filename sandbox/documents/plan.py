"""What a document adds to a world, checked as a whole before anything of it is done."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel

from ..protocol.shapes import Json, is_array, is_object
from ..world.entities import MANAGEMENT, MESSAGING
from ..world.world import World
from .models import BY_NAME, PARTS, Part, named

# The version of a document's form.
VERSION = 1
Entity: TypeAlias = Any


@dataclass(frozen=True)
class Complaint:
    """What is wrong with a document, where, and what to do."""

    path: str
    cause: str
    cure: str

    def shown(self) -> Json:
        return {"path": self.path, "cause": self.cause, "cure": self.cure}

    def __str__(self) -> str:
        return f"{self.path}: {self.cause} {self.cure}"


class DocumentError(Exception):
    """A document that cannot become a world. Nothing of it was done."""

    def __init__(self, complaints: list[Complaint]) -> None:
        super().__init__(complaints)
        self.complaints = complaints

    def __str__(self) -> str:
        return "\n".join(str(complaint) for complaint in self.complaints)


@dataclass(frozen=True)
class Reference:
    """A field that names things of another kind."""

    of: str
    field: str
    to: str


REFERENCES = (
    Reference("businesses", "owned_waba_ids", "wabas"),
    Reference("businesses", "client_waba_ids", "wabas"),
    Reference("wabas", "business_id", "businesses"),
    Reference("wabas", "subscriptions", "apps"),
    Reference("numbers", "waba_id", "wabas"),
    Reference("users", "business_ids", "businesses"),
    Reference("users", "waba_ids", "wabas"),
    Reference("users", "developer_of", "apps"),
    Reference("tokens", "app_id", "apps"),
    Reference("tokens", "user_id", "users"),
    Reference("people", "blocked", "numbers"),
    Reference("people", "open_chats", "numbers"),
    Reference("people", "stopped_marketing", "numbers"),
    Reference("templates", "waba_id", "wabas"),
)


@dataclass
class Item:
    """One thing of a document: where it stands, and what is said of it."""

    part: Part
    path: str
    values: dict[str, Any]

    @property
    def key(self) -> str:
        return str(self.values[self.part.key])


@dataclass
class Plan:
    """What a document adds to a world, before anything is done."""

    world: World | None
    """The one it is added to; None where it stands alone."""
    now: float
    items: list[Item] = field(default_factory=list[Item])
    complaints: list[Complaint] = field(default_factory=list[Complaint])

    def of(self, name: str) -> Iterator[Item]:
        return (item for item in self.items if item.part.name == name)

    def complain(self, path: str, cause: str, cure: str) -> None:
        self.complaints.append(Complaint(path, cause, cure))

    def keys(self, name: str) -> list[str]:
        present = [] if self.world is None else list(getattr(self.world, name))
        return present + [item.key for item in self.of(name)]

    def value(self, name: str, key: str, attribute: str) -> Any:
        """A field of a thing that is there or is being added."""
        for item in self.of(name):
            if item.key == key:
                return item.values.get(attribute)
        thing = None if self.world is None else getattr(self.world, name).get(key)
        return getattr(thing, attribute, None)


def check(document: object, world: World | None, *, now: float = 0.0) -> Plan:
    """Read a document against the world it is added to. Raises DocumentError with all faults."""
    plan = Plan(world, now)
    _read(plan, document)
    stop_at_complaints(plan)
    _fill_in(plan)
    _check_keys(plan)
    for reference in REFERENCES:
        check_reference(plan, reference)
    _check_people(plan)
    check_scopes(plan)
    stop_at_complaints(plan)
    return plan


def stop_at_complaints(plan: Plan) -> None:
    if plan.complaints:
        raise DocumentError(plan.complaints)


def complaints_of(wrong: ValidationError, path: str, model: type[BaseModel]) -> list[Complaint]:
    """What pydantic found, as paths into the document."""
    return [
        Complaint(_path(path, error["loc"]), f"{error['msg']}.", _cure(error["type"], model))
        for error in wrong.errors(include_url=False, include_context=False)
    ]


def _path(start: str, location: tuple[int | str, ...]) -> str:
    path = start
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif not step.startswith(("function-", "literal[", "constrained-")):
            path += f".{to_camel(step)}" if path else to_camel(step)
    return path


def _cure(kind: str, model: type[BaseModel]) -> str:
    if kind == "extra_forbidden":
        return f"Leave it out. There are: {', '.join(sorted(map(to_camel, model.model_fields)))}."
    if kind == "missing":
        return "Add it."
    return "Change the value."


def _read(plan: Plan, document: object) -> None:
    if not is_object(document):
        plan.complain("$", "A world is a JSON object.", f"Give lists named {_names()}.")
        return
    if document.get("version", VERSION) != VERSION:
        plan.complain("version", f"This sandbox reads version {VERSION}.", "Export it again.")
    for name in document.keys() - BY_NAME.keys() - {"version"}:
        plan.complain(name, "A world has no such list.", f"There are {_names()}.")
    for part in PARTS:
        rows: object = document.get(part.name, [])
        if not is_array(rows):
            plan.complain(part.name, "This is no list.", "Put the things into [ ].")
            continue
        for position, row in enumerate(rows):
            _read_item(plan, part, row, f"{part.name}[{position}]")


def _read_item(plan: Plan, part: Part, row: object, path: str) -> None:
    try:
        model = part.model.model_validate(row)
    except ValidationError as wrong:
        plan.complaints += complaints_of(wrong, path, part.model)
        return
    given = {name: value for name, value in named(model).items() if value is not None}
    plan.items.append(Item(part, path, given))


def _names() -> str:
    return ", ".join(BY_NAME)


def _fill_in(plan: Plan) -> None:
    for item in plan.items:
        values = item.values
        match item.part.name:
            case "numbers":
                values.setdefault("country_code", values["display"].split()[0].lstrip("+"))
                name = plan.value("wabas", values["waba_id"], "name")
                values.setdefault("verified_name", name or "Sandbox")
            case "apps":
                values.setdefault("secret", secrets.token_hex(16))
                values.setdefault("verify_token", secrets.token_hex(8))
                values.setdefault("configurations", {})
            case "tokens":
                _fill_in_token(plan, values)
            case "people":
                _fill_in_person(values)
            case "templates":
                values.setdefault("created_at", plan.now)
                values.setdefault("components", [])
            case _:
                pass
        values.setdefault(item.part.key, _new_id())
    for item in plan.of("users"):
        wabas = [
            waba_id
            for waba_id in plan.keys("wabas")
            if plan.value("wabas", waba_id, "business_id") in item.values["business_ids"]
        ]
        item.values.setdefault("waba_ids", tuple(wabas))


def _fill_in_token(plan: Plan, values: dict[str, Any]) -> None:
    apps = plan.keys("apps")
    values.setdefault("value", f"EAA{secrets.token_hex(20)}")
    values.setdefault("app_id", apps[0] if len(apps) == 1 else "")
    values.setdefault("kind", "SYSTEM_USER")
    values.setdefault("scopes", {MANAGEMENT: None, MESSAGING: None})
    values.setdefault("issued_at", int(plan.now))
    values.setdefault("expires_at", 0)
    values.setdefault("data_access_expires_at", 0)


def _fill_in_person(values: dict[str, Any]) -> None:
    values.setdefault("wa_id", f"1650{secrets.randbelow(10**7):07d}")
    values.setdefault("bsuid", f"US.{secrets.randbelow(10**20):020d}")
    values.setdefault("name", "Someone")
    values.setdefault("allowed", True)


def _new_id() -> str:
    return str(10**15 + secrets.randbelow(9 * 10**15))


def _check_keys(plan: Plan) -> None:
    """Ids name one thing of whatever kind; tokens and people have names of their own."""
    places: dict[str, str] = {}
    for item in plan.items:
        scope = item.part.name if item.part.key != "id" else ""
        if item.part.key == "id":
            is_there = plan.world is not None and plan.world.node(item.key) is not None
        else:
            is_there = plan.world is not None and item.key in getattr(plan.world, item.part.name)
        first = places.setdefault(f"{scope}:{item.key}", item.path)
        path = f"{item.path}.{to_camel(item.part.key)}"
        if first != item.path:
            plan.complain(path, f"{item.key} is taken by {first}.", "Choose another.")
        elif is_there:
            plan.complain(
                path, f"{item.key} is in this world already.", "Choose another, or replace it all."
            )


def check_reference(plan: Plan, reference: Reference) -> None:
    known = set(plan.keys(reference.to))
    for item in plan.of(reference.of):
        given: Any = item.values.get(reference.field, ())
        path = f"{item.path}.{to_camel(reference.field)}"
        if isinstance(given, str):
            _check_known(plan, reference, known, path, given)
        else:
            # A list of ids, a set, or a mapping by id.
            ids: list[str] = list(given)
            for position, key in enumerate(ids):
                _check_known(plan, reference, known, f"{path}[{position}]", key)


def _check_known(plan: Plan, reference: Reference, known: set[str], path: str, key: str) -> None:
    if key in known:
        return
    there = ", ".join(sorted(known)[:10]) or "none"
    cause = f"There is no {key} in {reference.to}." if key else "It is not clear which is meant."
    plan.complain(path, cause, f"Add it to {reference.to}, or name one of: {there}.")


def _check_people(plan: Plan) -> None:
    bsuids: dict[str, str] = {}
    for item in plan.of("people"):
        bsuid = item.values["bsuid"]
        first = bsuids.setdefault(bsuid, item.path)
        is_there = plan.world is not None and bsuid in plan.world.people_by_bsuid
        if first != item.path or is_there:
            plan.complain(f"{item.path}.bsuid", f"{bsuid} is taken.", "Choose another.")


def check_scopes(plan: Plan) -> None:
    wabas = set(plan.keys("wabas"))
    for item in plan.of("tokens"):
        scopes: dict[str, frozenset[str] | None] = item.values.get("scopes", {})
        for scope, targets in scopes.items():
            for waba_id in sorted((targets or frozenset[str]()) - wabas):
                plan.complain(
                    f"{item.path}.scopes.{scope}",
                    f"There is no {waba_id} in wabas.",
                    "Add it to wabas, or take it out.",
                )
