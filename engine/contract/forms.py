"""Forms: what of a component depends on its input, beside what its class says."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .values import Json, JsonObject

PORT_NAME = re.compile(r"[a-z][A-Za-z0-9]*")
MAX_PORTS, MAX_CHARS = 100, 200_000
# Stands between the name of a list and that of a field of its entries.
EACH = "[]."


@dataclass(frozen=True)
class FormOf:
    """Which part of a component depends on its input, by the JSON names of fields.

    `inputs` decide; `cases[].name` is, of each entry of the list `cases`, its `name` alone, beside
    which there may be expressions. `fields` are those whose schema the form gives, and `ports` says
    that it gives further output ports. A form that `asks_service` needs the network and the
    account; any other one is made from the inputs alone, without waiting for anything.
    """

    inputs: Sequence[str]
    fields: Sequence[str] = ()
    ports: bool = False
    asks_service: bool = False


def deciding_inputs(values: Mapping[str, Any], inputs: Sequence[str]) -> dict[str, Any]:
    """Return what of an input decides on a form: of what is filled in, the parts that are named."""
    found: dict[str, Any] = {}
    for each in inputs:
        name, _, inner = each.partition(EACH)
        value = values.get(name)
        if value in (None, ""):
            continue
        if not inner or not isinstance(value, Sequence) or isinstance(value, str):
            found[name] = value
            continue
        entries = _entries(value)
        parts: list[dict[str, Any]] = found.setdefault(name, [{} for _ in entries])
        for part, entry in zip(parts, entries, strict=True):
            if isinstance(entry, Mapping) and inner in entry:
                part[inner] = entry[inner]
    return found


def _entries(value: Any) -> Sequence[Any]:
    return value  # type: ignore[no-any-return]  # a list, as whoever asks has seen


@dataclass(frozen=True)
class Form:
    """What an input makes of a component.

    `fields` are JSON Schemas of fields by their names, `required` are those of them that have to be
    filled in, `ports` are JSON Schemas of what leaves at further output ports, or at one of the
    class's own in the place of its Output. Both may refer to `#/$defs/` of the component's own
    document. `made_from` is what of the service decides: the host
    keeps its fingerprint with a step and tells people when it has changed. `about` is the plugin's
    own name for it, by which it tells `HostContext.forms_changed`.
    """

    fields: Mapping[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    required: Sequence[str] = ()
    ports: Mapping[str, JsonObject] = field(default_factory=dict[str, JsonObject])
    made_from: Json = None
    about: str = ""

    @property
    def fingerprint(self) -> str:
        """The same for what is made from the same."""
        made_from: Any = self.made_from
        if made_from is None:
            made_from = [dict(self.fields), [*self.required], dict(self.ports)]
        text = json.dumps(made_from, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def to_json(self) -> dict[str, Any]:
        return {
            "fields": self.fields,
            "required": [*self.required],
            "ports": self.ports,
            "madeFrom": self.made_from,
            "about": self.about,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Form:
        return cls(
            stored["fields"],
            tuple(stored["required"]),
            stored["ports"],
            stored["madeFrom"],
            stored["about"],
        )


def form_misfits(form: Form, declared: FormOf) -> Iterator[str]:
    """Yield what of a form no host can use, as sentences."""
    for name in [*form.fields, *form.required]:
        if name not in declared.fields:
            yield f"its form gives the field {name!r}, which its form_of does not name"
    if form.ports and not declared.ports:
        yield "its form gives ports, which its form_of does not tell"
    for port in form.ports:
        if not PORT_NAME.fullmatch(port):
            yield f"its form has a port {port!r}; names are a small letter, then letters and digits"
    if len(form.ports) > MAX_PORTS:
        yield f"its form has {len(form.ports)} ports; {MAX_PORTS} are allowed"
    if any(each.get("writeOnly") for each in form.fields.values()):
        yield "its form makes a field secret, which only the component's own schema can"
    if len(json.dumps(form.to_json())) > MAX_CHARS:
        yield f"its form has more than {MAX_CHARS:,} characters"


def with_form(document: Mapping[str, Any], form: Form) -> dict[str, Any]:
    """Return a component's document as a form makes it."""
    required = dict.fromkeys([*document.get("required", ()), *form.required])
    return {
        **document,
        "properties": {**document.get("properties", {}), **form.fields},
        **({"required": [*required]} if required else {}),
        "x-ports": {**document["x-ports"], **form.ports},
    }
