"""Flow documents: every fault that can be told before a flow runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import chain
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from ..contract import Form
from ..values import cut, is_list, is_object
from .expressions import LITERAL, find_expressions, has_expression
from .forms import forms_of
from .inputs import limited, literal_errors
from .models import ComponentType, Fault, FlowComponent, FlowDocument, FlowFaults
from .order import Check
from .paths import path_findings
from .ports import RESERVED
from .salvage import salvaged
from .sentences import sentence_of
from .sizes import size_faults
from .syntax import PLAIN_PATH

MAX_EXPRESSIONS_CHARS = 200_000


def read_document(raw: object, types: Mapping[str, ComponentType]) -> FlowDocument:
    """Return the checked document; raise FlowFaults with every fault found."""
    document, faults = find_faults(raw, types)
    if document is None or faults:
        raise FlowFaults([*faults])
    return document


def find_faults(
    raw: object,
    types: Mapping[str, ComponentType],
    kept: Mapping[str, Form] = MappingProxyType({}),
) -> tuple[FlowDocument | None, Sequence[Fault]]:
    """Return the document, if it has the shape of one, and every fault found.

    `kept` are forms that services gave, by step.
    """
    faults = [*size_faults(raw)]
    if faults:
        return None, faults
    document: FlowDocument | None = None
    readable: FlowDocument | None
    try:
        readable = document = FlowDocument.model_validate(raw)
    except ValidationError as error:
        faults = [*limited(map(_fault_of, error.errors()))]
        readable = salvaged(raw)
    if readable is None:
        return None, faults
    inputs = [each.input for each in readable.components.values()]
    found = (source for _, source in find_expressions(inputs))
    sources = (source for source in found if not PLAIN_PATH.fullmatch(source))
    if sum(map(len, sources)) > MAX_EXPRESSIONS_CHARS:
        text = f"The expressions of the flow have more than {MAX_EXPRESSIONS_CHARS:,} characters"
        return document, [*faults, Fault("components", f"{text}, plain paths aside. Split it.")]
    told = {_place(fault) for fault in faults}
    forms = forms_of(readable, types, kept)
    check = Check(readable, types, forms.formed, forms.open_ports)
    more = chain(_faults(check), forms.faults)
    untold = (each for each in more if told.isdisjoint((_place(each), _place(each)[:2])))
    return document, [*faults, *limited(untold)]


def find_warnings(
    document: FlowDocument,
    types: Mapping[str, ComponentType],
    kept: Mapping[str, Form] = MappingProxyType({}),
) -> list[Fault]:
    """Return what is allowed in a checked document, and yet likely a mistake."""
    forms = forms_of(document, types, kept)
    check = Check(document, types, forms.formed, forms.open_ports)
    unknown = (
        Fault(where, text)
        for key, component in document.components.items()
        for where, text in path_findings(check, key, component, for_sure=False)
    )
    return [*limited(unknown), *_loops(check), *changed_forms(document, kept)]


def form_faults(
    document: FlowDocument, types: Mapping[str, ComponentType], forms: Mapping[str, Form]
) -> Iterator[Fault]:
    """Yield where the steps, and what follows them, do not fit the forms as they are now."""
    known = forms_of(document, types, forms)
    check = Check(document, types, known.formed, known.open_ports)
    yield from known.faults
    for key, component in document.components.items():
        if key in forms:
            for fault in literal_errors(component.input, known.formed[key]):
                yield Fault(f"components.{key}.input{fault.path}", fault.text)
        if not forms.keys().isdisjoint(component.source.get("in", {})):
            yield from _source_faults(f"components.{key}", key, component, check)


def changed_forms(document: FlowDocument, forms: Mapping[str, Form]) -> Iterator[Fault]:
    """Yield the steps whose forms are made from something else than when they were filled in."""
    for key, form in forms.items():
        if document.components[key].form not in (None, form.fingerprint):
            yield Fault(
                f"components.{key}",
                "What its form is made from has changed at the service since it was filled in."
                " Look through its fields, and store the flow again.",
            )


def _place(fault: Fault) -> tuple[str, ...]:
    """Return the field of a step that a fault is about: `components`, the step and the field."""
    return tuple(re.split(r"[.\[]", fault.path, maxsplit=3)[:3])


def _fault_of(error: Any) -> Fault:
    path = ".".join(str(part) for part in error["loc"] if part != "[key]")
    if error["type"] == "string_pattern_mismatch":
        return Fault(path, "Names start with a letter and go on with letters, digits and _.")
    return Fault(path, sentence_of(error))


def _faults(check: Check) -> Iterator[Fault]:
    for key, component in check.document.components.items():
        yield from _step_faults(check, key, component)
    kinds = [check.type_of(key) for key in check.document.components]
    if not any(kind is not None and kind.kind == "trigger" for kind in kinds):
        yield Fault(
            "components", "No component is a trigger, so nothing would ever start this flow."
        )


def _step_faults(check: Check, key: str, component: FlowComponent) -> Iterator[Fault]:
    here = f"components.{key}"
    if key in RESERVED:
        yield Fault(here, f"{key!r} is a word of the expression language; choose another name.")
    yield from _dollar_faults(component.input, f"{here}.input")
    kind = check.type_of(key)
    if kind is None:
        yield Fault(
            f"{here}.type",
            f"There is no component {cut(component.type)!r};"
            f" {_nearest(component.type, check.types)}",
        )
        return
    yield from _source_faults(here, key, component, check)
    if kind.kind == "trigger" and has_expression(component.input):
        yield Fault(f"{here}.input", "A trigger starts the flow, so its input cannot use {{ }}.")
        return
    for where, text in path_findings(check, key, component, for_sure=True):
        yield Fault(where, text)
    for fault in literal_errors(component.input, kind):
        yield Fault(f"{here}.input{fault.path}", fault.text)


def _dollar_faults(value: Any, path: str) -> Iterator[Fault]:
    if is_list(value):
        for index, item in enumerate(value):
            yield from _dollar_faults(item, f"{path}[{index}]")
    elif is_object(value) and set(value) != {LITERAL}:
        for name, item in value.items():
            if name.startswith("$"):
                yield Fault(
                    f"{path}.{cut(name)}",
                    "Names that begin with $ are the engine's own; only"
                    f' {{"{LITERAL}": value}}, with nothing beside it, is yours to write.',
                )
            else:
                yield from _dollar_faults(item, f"{path}.{cut(name)}")


def _nearest(name: str, types: Mapping[str, ComponentType]) -> str:
    close = get_close_matches(cut(name), types, n=1)
    return f"did you mean {close[0]!r}?" if close else "see `appmixer components`."


def _source_faults(here: str, key: str, component: FlowComponent, check: Check) -> Iterator[Fault]:
    if check.types[component.type].kind == "trigger":
        if component.source:
            yield Fault(f"{here}.source", "A trigger has no input port; remove its source.")
        return
    if not component.source.get("in"):
        yield Fault(f"{here}.source", "Nothing leads here: lead an earlier step's port to 'in'.")
    for port in component.source:
        if port != "in":
            yield Fault(f"{here}.source.{port}", "The only input port is 'in'.")
    for earlier, ports in component.source.get("in", {}).items():
        if earlier not in check.bits:
            yield Fault(f"{here}.source.in.{earlier}", f"There is no component {earlier!r}.")
            continue
        kind = check.type_of(earlier)
        for port in ports if kind else []:
            if kind and port not in kind.ports and earlier not in check.open_ports:
                known = ", ".join(kind.ports)
                yield Fault(
                    f"{here}.source.in.{earlier}",
                    f"{earlier} has no output port {port!r}; it has: {known}.",
                )
            elif kind:
                given = check.document.components[earlier].input
                for text in _silence(earlier, port, kind, given):
                    yield Fault(f"{here}.source.in.{earlier}", text)
    if key in check.circular:
        yield Fault(f"{here}.source", "This path leads back to where it came from.")


def _silence(step: str, port: str, kind: ComponentType, given: Mapping[str, Any]) -> Iterator[str]:
    """Yield why nothing ever leaves at the port, as far as that can be told before a run."""
    fields = kind.schema.get("properties", {})
    for name, values in kind.ports.get(port, {}).get("x-when", {}).items():
        present = given.get(name, fields[name].get("default"))
        if has_expression(present) or present in values:
            continue
        told = " or ".join(json.dumps(each) for each in values)
        yield (
            f"Nothing leaves {step} at its port {port!r} while its field {name!r} is"
            f" {cut(json.dumps(present))}: it has to be {told}."
        )


def _loops(check: Check) -> Iterator[Fault]:
    reporting: dict[str, int] = {}
    for key, bit in check.bits.items():
        kind = check.type_of(key)
        if kind is not None and kind.schema.get("x-reports-own-effects"):
            reporting[kind.connector] = reporting.get(kind.connector, 0) | bit
    for key, component in check.document.components.items():
        kind = check.types[component.type]
        if kind.writes and check.earlier[key] & reporting.get(kind.connector, 0):
            yield Fault(
                f"components.{key}",
                "The flow starts when the service reports on what you sent, and this step sends"
                " again: that can go round in a circle. Let it happen only for what ends, or remove"
                " the step.",
            )
