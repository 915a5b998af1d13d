"""What `appmixer new` writes: the texts, with names in the place of `$words`."""

from __future__ import annotations

from string import Template

ACTION = Template('''\
"""$label: replace this sentence by what it does."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import Action, ActionContext, Fields


class $name(Action):
    """https://example.com/the-page-of-the-service-that-it-follows"""

    label = "$label"
    description = "Gives back the text that it gets."
    group = "$group"
    # It changes nothing at the service. What does is "write", as it is without this line.
    effect = "read"
    port = "done"

    class Input(Fields):
        text: str = Field(description="What to give back.", min_length=1, examples=["Hello"])

    class Output(Fields):
        text: str = Field(description="What it got.", examples=["Hello"])

    async def receive(self, context: ActionContext, input: Input) -> Output:
        return self.Output(text=input.text)
''')

ACTION_TEST = Template('''\
"""$label, through `receive`."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from appmixer.engine.contract.testing import RecordingContext
from $module import $name

pytestmark = pytest.mark.anyio


async def test_gives_back_the_text_that_it_gets() -> None:
    given = $name.Input(text="Hello")

    output = await $name().receive(RecordingContext(), given)

    assert output.model_dump() == {"text": "Hello"}


def test_takes_no_empty_text() -> None:
    with pytest.raises(ValidationError):
        $name.Input.model_validate({"text": ""})
''')

TRIGGER = Template('''\
"""$label: replace this sentence by when it starts a run."""

from __future__ import annotations

from pydantic import Field

from appmixer.engine.contract import Fields, JsonObject, Trigger, TriggerContext


class $name(Trigger):
    """https://example.com/the-page-of-the-service-that-it-follows"""

    label = "$label"
    description = "Starts a run for every text that the service tells of."
    group = "$group"
    effect = "read"
    port = "happened"

    class Input(Fields):
        only: str | None = Field(default=None, description="Only this text.", examples=["Hello"])

    class Output(Fields):
        text: str = Field(description="What the service told.", examples=["Hello"])

    # The plugin gives each event the topics of what it is about, and a trigger is asked about those
    # that it listens to. One that asks the service itself at intervals takes `add_schedule`.
    async def start(self, context: TriggerContext) -> None:
        await context.add_listener("texts", {})

    async def stop(self, context: TriggerContext) -> None:
        await context.remove_listener("texts")

    async def receive(self, context: TriggerContext, event: JsonObject) -> Output | None:
        told = self.Output.model_validate(event)
        return told if context.properties.only in (None, told.text) else None
''')

TRIGGER_TEST = Template('''\
"""$label, from an event to its output."""

from __future__ import annotations

import pytest

from appmixer.engine.contract.conformance import lifecycle_complaints
from appmixer.engine.contract.testing import RecordingContext
from $module import $name

pytestmark = pytest.mark.anyio


async def test_starts_and_stops_as_often_as_it_is_asked_to() -> None:
    context = RecordingContext(properties=$name.Input())

    assert await lifecycle_complaints($name(), context) == []


@pytest.mark.parametrize(("only", "is_wanted"), [(None, True), ("Hello", True), ("Bye", False)])
async def test_gives_the_text_if_it_is_wanted(only: str | None, is_wanted: bool) -> None:
    context = RecordingContext(properties=$name.Input(only=only))

    output = await $name().receive(context, {"text": "Hello"})

    assert output == ($name.Output(text="Hello") if is_wanted else None)
''')

HOOKS = Template('''\
"""The hooks by which a host finds the connector, and what all of its components share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from appmixer.engine.contract import (
    Account,
    Check,
    Component,
    ComponentClasses,
    Event,
    HostContext,
    JsonObject,
    Listener,
    Route,
    hookimpl,
)

MANIFEST = Path(__file__).parents[1] / "connector.json"


class $plugin:
    """Lives as long as the host. Components reach it as `context.plugin`."""

    # Where the service posts its events to, below /plugins/$vendor/$service.
    routes: Sequence[Route] = ()

    def __init__(self, host: HostContext) -> None:
        self.host = host

    async def start(self) -> None: ...
    async def stop(self) -> None: ...

    # Called before a listener is stored: subscribe at the service, or raise to refuse it.
    async def listener_added(self, listener: Listener, account: Account | None) -> None: ...
    async def listener_removed(self, listener: Listener, account: Account | None) -> None: ...

    def read(self, content: bytes) -> Sequence[Event]:
        """Return the events of what a route has handed to `host.accept`."""
        return []

    async def before_routing(self, events: Sequence[Event]) -> None: ...

    def visible_topics(self, profile: JsonObject) -> Sequence[str]:
        return []

    async def checks(self, account: Account | None) -> Sequence[Check]:
        return []

    async def claim(self, account: Account) -> Sequence[Check]:
        return []


@hookimpl
def appmixer_manifest() -> JsonObject:
    manifest: dict[str, Any] = json.loads(MANIFEST.read_text("utf-8"))
    return manifest


@hookimpl
def appmixer_components() -> Mapping[str, type[Component]]:
    listed: list[dict[str, str]] = json.loads(MANIFEST.read_text("utf-8"))["components"]
    return ComponentClasses({each["name"]: each["module"] for each in listed})


@hookimpl
def appmixer_plugin(host: HostContext) -> $plugin:
    return $plugin(host)
''')

PROJECT = Template("""\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "$vendor-$service"
version = "0.1.0"
description = "$label for workflow engines"
requires-python = ">=3.11"
dependencies = ["appmixer-contract"]

[project.optional-dependencies]
tests = ["anyio", "appmixer-contract[conformance]", "pytest"]

# By this a host finds it once it is installed.
[project.entry-points.appmixer]
$service = "$vendor.$service.plugin"

[tool.setuptools]
packages = ["$vendor.$service.components", "$vendor.$service.plugin"]

[tool.setuptools.package-dir]
"$vendor.$service.components" = "components"
"$vendor.$service.plugin" = "plugin"

# These land beside the folders, as they lie here.
[tool.setuptools.package-data]
"$vendor.$service.plugin" = ["../connector.json", "../schemas/*.json"]
""")

CONFTEST = '''\
"""What every test may use."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
'''

CONNECTOR_TEST = Template('''\
"""The connector keeps the contract: this names what is missing."""

from __future__ import annotations

import json
from pathlib import Path

from appmixer.engine.contract import load_connectors
from appmixer.engine.contract.conformance import manifest_complaints

FOLDER = Path(__file__).parents[1]
CONNECTOR = load_connectors()["$vendor:$service"]


def test_manifest_code_and_published_schemas_agree() -> None:
    published = {
        each.schema_file: json.loads((FOLDER / each.schema_file).read_text("utf-8"))
        for each in CONNECTOR.manifest.components
    }

    assert manifest_complaints(CONNECTOR.manifest, CONNECTOR.components(), published) == []
''')

README = Template("""\
# $label

What $label offers to flows. The tables are written by `appmixer publish`; all else is yours.

<!-- generated: $vendor:$service objects -->
<!-- end of generated -->
""")

# A square with the first letter of the connector's name.
ICON = Template(
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E"
    "%3Crect width='24' height='24' rx='5' fill='%23455a64'/%3E%3Ctext x='12' y='17'"
    " text-anchor='middle' font-family='sans-serif' font-size='14' fill='white'%3E$letter"
    "%3C/text%3E%3C/svg%3E"
)
