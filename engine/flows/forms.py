"""Forms in a document: what they make of its steps, as far as that can be told.

A form that is made from the input alone is made here; of the others only those count that are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..contract import (
    Component,
    ConnectorError,
    Form,
    FormOf,
    JsonObject,
    RejectedError,
    form_misfits,
)
from ..contract.connector import FOREIGN_FAULTS
from ..contract.forms import deciding_inputs
from .expressions import has_expression
from .models import ComponentType, Fault, FlowComponent, FlowDocument


@dataclass
class Forms:
    """What is known of the forms of a document's steps."""

    formed: dict[str, ComponentType] = field(default_factory=dict[str, ComponentType])
    open_ports: set[str] = field(default_factory=set[str])
    faults: list[Fault] = field(default_factory=list[Fault])


class OpenFormError(RejectedError):
    """What decides on a form is an expression, so only a run can tell what it is."""


def forms_of(
    document: FlowDocument, types: Mapping[str, ComponentType], kept: Mapping[str, Form]
) -> Forms:
    """Return what the forms make of a document's steps; `kept` are those that the services gave."""
    forms = Forms()
    for key, component in document.components.items():
        kind = types.get(component.type)
        if kind is None or kind.form_of is None:
            continue
        form = kept.get(key)
        try:
            values = deciding(component.input, kind)
            if kind.form is not None:
                form = usable(kind.form(values), kind)
        except OpenFormError as error:
            if kind.form_of["ports"] and _names_more_ports(document, key, kind):
                forms.faults.append(fault_of(key, component, error))
        except ConnectorError as error:
            forms.faults.append(fault_of(key, component, error))
        if form is not None:
            forms.formed[key] = kind.with_form(form)
        elif kind.form_of["ports"]:
            forms.open_ports.add(key)
    return forms


def deciding(values: Mapping[str, Any], kind: ComponentType) -> dict[str, Any]:
    """Return the inputs that decide on a component's form; raise OpenFormError."""
    found = deciding_inputs(values, (kind.form_of or {"inputs": ()})["inputs"])
    for name, value in found.items():
        if has_expression(value):
            raise OpenFormError(
                f"{name} is an expression",
                "It decides what else there is to fill in and to connect, which has to be known"
                " before the flow runs.",
                "Write the value out.",
                name,
            )
    return found


def made_at_once(component: type[Component]) -> Any:
    """Return what makes the form of an input, for a component whose form takes nothing else."""

    def make(values: JsonObject) -> Form:
        making = component().form(_NOTHING, values)
        try:
            making.send(None)
        except StopIteration as made:
            form: Form = made.value
            return form
        except FOREIGN_FAULTS as error:
            raise unforeseen(component, error) from error
        finally:
            making.close()
        raise unforeseen(component, RuntimeError("it waits, and was said not to ask the service"))

    return make


def usable(form: Form, kind: ComponentType) -> Form:
    """Return the form; raise RejectedError for one that cannot be used."""
    said = kind.form_of or {}
    declared = FormOf((), said.get("fields", ()), bool(said.get("ports")))
    for misfit in form_misfits(form, declared):
        raise RejectedError(
            f"{kind.schema['title']} has a form that cannot be used",
            f"The component makes a mistake: {misfit}.",
            "Tell whoever maintains its connector.",
        )
    return form


def fault_of(key: str, component: FlowComponent, error: ConnectorError) -> Fault:
    """Return what keeps a step from having a form, at the field where it is."""
    place = f"components.{key}"
    if error.field == "account":
        place += ".account"
    elif error.field:
        place += f".input.{error.field}"
    parts = (error.title, error.cause, error.cure)
    return Fault(
        place, " ".join(each if each[-1] in ".!?" else f"{each}." for each in parts if each)
    )


def unforeseen(component: type[Component], error: BaseException) -> ConnectorError:
    """Return what to say of a form that fails as nobody foresaw; what is foreseen stays."""
    if isinstance(error, ConnectorError):
        return error
    return RejectedError(
        f"The form of {component.label} cannot be made",
        f"The component makes a mistake ({type(error).__name__}).",
        "Tell whoever maintains its connector.",
    )


def _names_more_ports(document: FlowDocument, key: str, kind: ComponentType) -> bool:
    return any(source == key and port not in kind.ports for source, port in document.listening)


class _Nothing:
    """The context of a form that takes nothing but its input."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"it uses {name}, and was said not to ask the service")


_NOTHING: Any = _Nothing()
