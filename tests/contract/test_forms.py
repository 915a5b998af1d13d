"""Forms held to what a component says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest
from pydantic import Field

from appmixer.engine.contract import (
    Action,
    ActionContext,
    ComponentContext,
    ComponentEntry,
    Fields,
    Form,
    FormOf,
    Json,
    JsonObject,
    RejectedError,
    component_schema,
    with_form,
)
from appmixer.engine.contract.conformance import component_complaints, form_complaints
from appmixer.engine.contract.testing import RecordingContext

pytestmark = pytest.mark.anyio

TEXT: dict[str, Json] = {"type": "string", "title": "Text", "description": "A text."}
ENTRY = ComponentEntry(
    name="test.forms.Fill",
    kind="action",
    label="Fill",
    description="For tests.",
    group="Tests",
    keywords=[],
    module=__name__,
    schema="schemas/Fill.json",
    effect="read",
    idempotent=True,
)


class Filled(Fields):
    text: str = Field(description="What it is.", examples=["x"])


class Fill(Action):
    """https://example.org/fill"""

    label = "Fill"
    description = "For tests."
    group = "Tests"
    effect = "read"
    Output = Filled
    samples: ClassVar[Mapping[str, JsonObject]] = {"filled": {"text": "x"}}
    form_of: ClassVar[FormOf | None] = FormOf(inputs=("kind",), fields=("values",), ports=True)

    class Input(Fields):
        kind: str = Field(description="Which one.", examples=["a"])
        values: dict[str, str] = Field(
            default_factory=dict[str, str], description="Its values.", examples=[{"a": "b"}]
        )

    async def form(self, context: ComponentContext, input: Mapping[str, Json]) -> Form:
        kind = input.get("kind")
        if kind is None:
            return Form()
        if kind == "none":
            raise RejectedError("There is none", field="kind")
        return Form(
            fields={"values": TEXT}, required=["values"], ports={"more": {"type": "string"}}
        )

    async def receive(self, context: ActionContext, input: Input) -> Filled:
        return Filled(text=input.kind)


def filling(form: Form | RejectedError, *, of: FormOf | None = Fill.form_of) -> Fill:
    """Return the component with another form."""

    class Other(Fill):
        form_of = of

        async def form(self, context: ComponentContext, input: Mapping[str, Json]) -> Form:
            if not input:
                return Form()
            if isinstance(form, RejectedError):
                raise form
            return form

    return Other()


async def test_a_good_form_has_no_complaints() -> None:
    inputs: Sequence[dict[str, Json]] = [{"kind": "a", "values": "ignored"}, {"kind": "none"}]

    assert await form_complaints(Fill(), RecordingContext(), *inputs) == []
    document = component_schema(ENTRY.name, Fill)
    assert component_complaints(ENTRY, Fill, document) == []


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        (
            Form(fields={"kind": TEXT}),
            "its form gives the field 'kind', which its form_of does not name",
        ),
        (
            Form(ports={"A port": {}}),
            "its form has a port 'A port'; names are a small letter, then letters and digits",
        ),
        (Form(ports={f"p{n}": {} for n in range(101)}), "its form has 101 ports; 100 are allowed"),
        (
            Form(fields={"values": {**TEXT, "writeOnly": True}}),
            "its form makes a field secret, which only the component's own schema can",
        ),
        (Form(made_from="x" * 200_001), "its form has more than 200,000 characters"),
        (
            Form(fields={"values": {**TEXT, "type": "txt"}}),
            "its form is no valid schema: 'txt' is not valid under any of the given schemas",
        ),
        (Form(fields={"values": {"type": "string", "title": "Text"}}), "values has no description"),
        (
            RejectedError("No", field="values"),
            "its form refuses 'values', which does not decide",
        ),
    ],
)
async def test_what_is_wrong_with_a_form_is_named(
    form: Form | RejectedError, complaint: str
) -> None:
    assert await form_complaints(filling(form), RecordingContext(), {"kind": "a"}) == [complaint]


async def test_ports_that_were_not_told_and_a_form_of_nothing_are_named() -> None:
    fixed = FormOf(inputs=("kind",), fields=("values",))
    ports = filling(Form(ports={"more": {}}), of=fixed)

    class Always(Fill):
        async def form(self, context: ComponentContext, input: Mapping[str, Json]) -> Form:
            return await super().form(context, {"kind": "a"})

    assert await form_complaints(ports, RecordingContext(), {"kind": "a"}) == [
        "its form gives ports, which its form_of does not tell"
    ]
    assert await form_complaints(Always(), RecordingContext()) == [
        "its form of an empty input asks for something"
    ]


async def test_a_form_that_is_another_one_each_time_is_named() -> None:
    made: list[int] = []

    class Restless(Fill):
        async def form(self, context: ComponentContext, input: Mapping[str, Json]) -> Form:
            made.append(1)
            return Form(made_from=len(made) if input else 0)

    assert await form_complaints(Restless(), RecordingContext(), {"kind": "a"}) == [
        "its form has another fingerprint each time it is made"
    ]


@pytest.mark.parametrize(
    ("of", "complaint"),
    [
        (None, "test.forms.Fill: it has only one of form and form_of"),
        (
            FormOf(inputs=("sort",)),
            "test.forms.Fill: its form_of names 'sort', which is no field of its input",
        ),
        (FormOf(inputs=()), "test.forms.Fill: its form_of names no input that decides"),
    ],
)
def test_what_a_component_says_of_its_form_is_held_to_its_input(
    monkeypatch: pytest.MonkeyPatch, of: FormOf | None, complaint: str
) -> None:
    monkeypatch.setattr(Fill, "form_of", of)

    found = component_complaints(ENTRY, Fill, component_schema(ENTRY.name, Fill))

    assert complaint in found


@pytest.mark.parametrize(
    ("when", "complaint"),
    [
        (
            {"in": {"kind": ["a"]}},
            "test.forms.Fill: its ports_when names 'in', which is no port of it",
        ),
        (
            {"out": {"sort": ["a"]}},
            "test.forms.Fill: its ports_when names 'sort', which is no field of its input",
        ),
    ],
)
def test_what_a_component_says_of_its_ports_is_held_to_its_input(
    monkeypatch: pytest.MonkeyPatch, when: Any, complaint: str
) -> None:
    monkeypatch.setattr(Fill, "ports_when", when)

    found = component_complaints(ENTRY, Fill, component_schema(ENTRY.name, Fill))

    assert complaint in found


def test_a_port_says_with_which_inputs_anything_leaves_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Fill, "ports_when", {"out": {"kind": ["a"]}})

    port = component_schema(ENTRY.name, Fill)["x-ports"]["out"]

    assert port["x-when"] == {"kind": ["a"]}


def test_a_form_goes_into_the_components_document_and_survives_a_store() -> None:
    form = Form({"values": TEXT}, ["values"], {"more": {"type": "string"}}, {"v": 1}, "it")
    document = component_schema(ENTRY.name, Fill)

    made = with_form(document, Form.from_json(form.to_json()))

    assert made["properties"]["values"] == TEXT
    assert made["required"] == ["kind", "values"]
    assert [*made["x-ports"]] == ["out", "more"]
    assert document["x-form"] == {
        "inputs": ["kind"],
        "fields": ["values"],
        "ports": True,
        "asksService": False,
    }
    assert Form.from_json(form.to_json()).fingerprint == form.fingerprint


def test_a_fingerprint_is_that_of_what_a_form_is_made_from() -> None:
    made_from: Any = {"b": 1, "a": [2]}

    same = Form(made_from={"a": [2], "b": 1}, fields={"values": TEXT})

    assert Form(made_from=made_from).fingerprint == same.fingerprint
    assert Form(ports={"a": {}}).fingerprint != Form(ports={"b": {}}).fingerprint


async def test_a_recording_host_keeps_what_a_plugin_tells_of_forms() -> None:
    context = RecordingContext()

    await context.host.forms_changed("letter:hello", "It is paused.")

    assert context.host.changed == [("letter:hello", "It is paused.")]


class Named(Action):
    """https://example.org/named"""

    label = "Named"
    Output = Filled
    samples = Fill.samples
    form_of: ClassVar[FormOf | None] = FormOf(inputs=("rows[].name", "rows[].kind"), ports=True)

    class Input(Fields):
        rows: list[dict[str, str]] = Field(
            default_factory=list[dict[str, str]], description="Some.", examples=[[{"name": "a"}]]
        )

    async def form(self, context: ComponentContext, input: Mapping[str, Json]) -> Form:
        rows: Any = input.get("rows")
        if not rows:
            return Form()
        if any(set(row) - {"name", "kind"} for row in rows):
            raise RejectedError("More than what decides", field="more")
        return Form(ports={row["name"]: {"type": "string"} for row in rows if "name" in row})

    async def receive(self, context: ActionContext, input: Input) -> None: ...


@pytest.mark.anyio
async def test_of_the_entries_of_a_list_only_the_fields_decide_that_are_named() -> None:
    rows = [{"name": "a", "value": "{{ x }}"}, {"value": "y"}, {"kind": "b"}]

    complaints = await form_complaints(Named(), RecordingContext(), {"rows": rows})

    found = component_complaints(ENTRY, Named, component_schema(ENTRY.name, Named))
    assert complaints == []
    assert [each for each in found if "its form" in each] == []
