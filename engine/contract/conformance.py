"""What any connector can check of itself: each function returns what is wrong, as sentences."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

try:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError, ValidationError
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "Checking a connector needs the Python package 'jsonschema', which is not installed. Run:"
        " pip install 'appmixer-contract[conformance]'",
        name=missing.name,
    ) from None

from pydantic import ValidationError as PydanticError

from .catalogues import English
from .choices import choices_of
from .component import Component, Trigger
from .context import ComponentContext
from .entries import component_entry, entry_faults
from .errors import ConnectorError, RejectedError
from .forms import EACH, Form, deciding_inputs, form_misfits, with_form
from .manifest import ComponentEntry, Manifest
from .samples import samples_of
from .schema import component_schema, port_schema
from .testing import RecordingContext
from .texts import LANGUAGE, Texts
from .values import Json, JsonObject

# A page of the service, or of the connector's own documentation where there is no service.
PAGE = re.compile(r"https://\S+|\bdocs/\S+\.md\b")
# What a person needs to be told of a field, and what stands in its schema otherwise.
TOLD = ("title", "description")


def manifest_complaints(
    manifest: Manifest, components: Mapping[str, type[Component]], published: Mapping[str, Any]
) -> list[str]:
    """Hold manifest, classes and published documents (by schema path) to one another."""
    names = [entry.name for entry in manifest.components]
    complaints = [f"{name}: named twice" for name in sorted(set(names)) if names.count(name) > 1]
    complaints += [f"{name}: in the manifest only" for name in sorted({*names} - {*components})]
    complaints += [f"{name}: in the code only" for name in sorted({*components} - {*names})]
    for entry in manifest.components:
        if entry.name in components:
            document = published.get(entry.schema_file)
            complaints += component_complaints(entry, components[entry.name], document)
    return complaints


def component_complaints(
    entry: ComponentEntry, component: type[Component], published: Mapping[str, Any] | None
) -> list[str]:
    """Return what is wrong with one component and its published document."""
    document = component_schema(entry.name, component)
    found = [
        *_identity_complaints(entry, component),
        *_schema_complaints(document, published),
        *_documentation_complaints(component, document),
        *_sample_complaints(component, document),
        *_form_of_complaints(component, document),
        *_ports_when_complaints(component, document),
        *_choices_complaints(component, document),
    ]
    return [f"{entry.name}: {complaint}" for complaint in found]


def text_complaints(
    manifest: Manifest,
    components: Mapping[str, type[Component]],
    texts: Mapping[str, Texts],
    examples: Mapping[str, JsonObject] | None = None,
) -> list[str]:
    """Return what of manifest, schemas and examples a language lacks, and what stands nowhere."""
    documents: list[Any] = [manifest.model_dump(mode="json", by_alias=True)]
    documents += [component_schema(name, each) for name, each in components.items()]
    english = English.of(documents, (examples or {}).values())
    found = [f"{each!r} is no language" for each in texts if not re.fullmatch(LANGUAGE, each)]
    for language, table in texts.items():
        found += [f"{language}: {text!r} is not translated" for text in english.missing(table)]
        found += [f"{language}: {text!r} stands nowhere" for text in english.unused(table)]
    return found


async def lifecycle_complaints(trigger: Trigger, context: RecordingContext) -> list[str]:
    """Start and stop the trigger twice each, and stop it where it never started."""
    complaints: list[str] = []
    await trigger.stop(context)
    if context.listening:
        complaints.append("stopping what was not started adds listeners")
    await trigger.start(context)
    once = context.listening
    await trigger.start(context)
    if not once:
        complaints.append("starting adds no listener")
    if context.listening != once:
        complaints.append("starting twice is not the same as starting once")
    await trigger.stop(context)
    await trigger.stop(context)
    if context.listening:
        complaints.append("stopping leaves listeners behind")
    if context.state.entries:
        complaints.append("stopping leaves state behind")
    return complaints


async def form_complaints(
    component: Component, context: ComponentContext, *inputs: Mapping[str, Json]
) -> list[str]:
    """Return what is wrong with the forms that these inputs make, and that of an empty input."""
    declared = component.form_of
    if declared is None:
        return ["its form_of does not say what its form depends on"]
    document = component_schema("form", type(component))
    complaints: list[str] = []
    given: list[Mapping[str, Json]] = [{}, *inputs]
    for input in given:
        deciding = deciding_inputs(input, declared.inputs)
        try:
            form = await component.form(context, deciding)
            again = await component.form(context, deciding)
        except RejectedError as error:
            if error.field not in (*_names(declared.inputs), "account"):
                complaints.append(f"its form refuses {error.field!r}, which does not decide")
            continue
        if form.fingerprint != again.fingerprint:
            complaints.append("its form has another fingerprint each time it is made")
        complaints += [*form_misfits(form, declared), *_form_schema_complaints(form, document)]
        if not input and (form.ports or form.required):
            complaints.append("its form of an empty input asks for something")
    return complaints


def error_complaints(error: ConnectorError) -> list[str]:
    """Return what an error loses when a durable host stores it and reads it again."""
    name = type(error).__name__
    try:
        copy: Any = pickle.loads(pickle.dumps(error))
    except (TypeError, AttributeError, pickle.PickleError) as failure:
        return [f"{name} cannot be stored and read again: {failure}"]
    if type(copy) is not type(error):
        return [f"{name} comes back as {type(copy).__name__}"]
    if (vars(copy), str(copy)) != (vars(error), str(error)):
        return [f"{name} comes back changed"]
    return []


def error_classes(base: type[ConnectorError] = ConnectorError) -> Iterator[type[ConnectorError]]:
    """Yield every error class that is loaded, so that a test can make one of each."""
    yield base
    for derived in base.__subclasses__():
        yield from error_classes(derived)


def _identity_complaints(entry: ComponentEntry, component: type[Component]) -> Iterator[str]:
    name = entry.name.rpartition(".")[2]
    if getattr(import_module(entry.module), name, None) is not component:
        yield f"{entry.module} has no class {name}, or another one than the hook gives"
    try:
        own = component_entry(entry.name, component)
    except PydanticError as error:
        yield from entry_faults(error)
        return
    others = [key for key, value in own if value != getattr(entry, key)]
    if others:
        yield f"its published entry is not that of the code ({', '.join(others)})"


def _schema_complaints(
    document: dict[str, Any], published: Mapping[str, Any] | None
) -> Iterator[str]:
    try:
        Draft202012Validator.check_schema(document)
    except SchemaError as error:
        yield f"its schema is not valid: {error.message}"
    if published is None:
        yield "its schema is not published"
    elif published != document:
        yield "its published schema is not that of the code"
    faults = _faults(document, {"noSuchField": 1})
    if not any(fault.validator == "additionalProperties" for fault in faults):
        yield "its input takes unknown fields"


def _documentation_complaints(
    component: type[Component], document: dict[str, Any]
) -> Iterator[str]:
    if not PAGE.search(component.__doc__ or ""):
        yield "its docstring names no page of the service"
    places = {"input": document, **{f"output {name}": each for name, each in _outputs(document)}}
    for place, schema in places.items():
        for name, field in schema.get("properties", {}).items():
            yield from _untold(f"{place}.{name}", field, (*TOLD, "examples"), document)
    for model, schema in document["$defs"].items():
        for name, field in schema.get("properties", {}).items():
            yield from _untold(f"{model}.{name}", field, ("description",), document)


def _form_of_complaints(component: type[Component], document: dict[str, Any]) -> Iterator[str]:
    has_form = component.form is not Component.form
    if (component.form_of is not None) != has_form:
        yield "it has only one of form and form_of"
    if component.form_of is not None:
        fields = document.get("properties", {})
        for name in [*_names(component.form_of.inputs), *component.form_of.fields]:
            if name not in fields:
                yield f"its form_of names {name!r}, which is no field of its input"
        if not component.form_of.inputs:
            yield "its form_of names no input that decides"


def _ports_when_complaints(component: type[Component], document: dict[str, Any]) -> Iterator[str]:
    for port, when in component.ports_when.items():
        if port not in document["x-ports"]:
            yield f"its ports_when names {port!r}, which is no port of it"
        for name in when:
            if name not in document.get("properties", {}):
                yield f"its ports_when names {name!r}, which is no field of its input"


def _names(inputs: Sequence[str]) -> list[str]:
    return [each.partition(EACH)[0] for each in inputs]


def _choices_complaints(component: type[Component], document: dict[str, Any]) -> Iterator[str]:
    fields, having = document.get("properties", {}), choices_of(component.Input)
    for name, field in fields.items():
        if "x-source" in field and name not in having:
            yield f"input.{name} has x-source without Choices to ask"
    for name, choices in having.items():
        for other in choices.depends_on:
            if other not in fields or other == name:
                yield f"the choices of {name} depend on {other!r}, which is no other field"
    below = [each for field in fields.values() for key, each in field.items() if key != "x-source"]
    if "'x-source'" in repr([below, document["$defs"]]):
        yield "it has Choices inside a field, where no host finds them"


def _form_schema_complaints(form: Form, document: dict[str, Any]) -> Iterator[str]:
    whole = with_form(document, form)
    try:
        Draft202012Validator.check_schema(whole)
        for port in form.ports:
            Draft202012Validator.check_schema(port_schema(whole, port))
    except SchemaError as error:
        yield f"its form is no valid schema: {error.message}"
        return
    for name, field in form.fields.items():
        yield from _untold(name, dict(field), TOLD, document)


def _outputs(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for port in document["x-ports"]:
        yield port, _resolve(port_schema(document, port), document)


def _untold(
    what: str, field: dict[str, Any], told: tuple[str, ...], document: dict[str, Any]
) -> Iterator[str]:
    inner = [_resolve(each, document) for each in (field, *field.get("anyOf", ()))]
    is_nested = any("properties" in each and each.get("type") == "object" for each in inner)
    for key in told:
        if key == "title" and "title" in inner[0]:
            continue
        # A nested object shows by example what its own fields are.
        if key not in field and not (key == "examples" and (is_nested or _has_items(inner))):
            yield f"{what} has no {key}"


def _has_items(schemas: list[dict[str, Any]]) -> bool:
    return any("$ref" in schema.get("items", {}) for schema in schemas)


def _resolve(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    reference: str | None = schema.get("$ref")
    if reference is None:
        return schema
    found: dict[str, Any] = document["$defs"][reference.removeprefix("#/$defs/")]
    return found


def _sample_complaints(component: type[Component], document: dict[str, Any]) -> Iterator[str]:
    schema = port_schema(document, component.port)
    for name, sample in samples_of(component).items():
        for fault in _faults(schema, sample):
            path = ".".join(str(part) for part in fault.absolute_path)
            yield f"the sample {name!r} does not fit the output at {path or 'its top'}"


def _faults(schema: dict[str, Any], instance: Any) -> Iterator[ValidationError]:
    found: Iterator[ValidationError] = Draft202012Validator(schema).iter_errors(instance)  # pyright: ignore[reportUnknownMemberType]
    return found
