"""A component's entry in the manifest, made from its class."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from .component import Component, Trigger
from .manifest import ComponentEntry

# What a class says in attributes of the same names.
SAID = ("label", "description", "group", "keywords", "scopes", "account", "effect")


def component_entry(name: str, component: type[Component]) -> ComponentEntry:
    """Return what the manifest says of a component; raise ValidationError if its class does not."""
    said = {key: getattr(component, key) for key in SAID if hasattr(component, key)}
    return ComponentEntry.model_validate(
        {
            "name": name,
            "kind": "trigger" if issubclass(component, Trigger) else "action",
            "module": component.__module__,
            "schema": f"schemas/{name.rpartition('.')[2]}.json",
            "idempotent": component.idempotent or component.effect == "read",
            **said,
        }
    )


def entry_faults(error: ValidationError) -> Iterator[str]:
    """Yield what a class lacks, as sentences without a full stop."""
    for each in error.errors():
        attribute = str(each["loc"][0])
        if each["type"] == "missing":
            yield f"its class has no {attribute}"
        elif attribute == "description" and each["type"] == "string_pattern_mismatch":
            yield "its description is no sentence with a full stop"
        else:
            yield f"its {attribute} is not right: {each['msg']}"
