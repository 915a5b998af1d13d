"""The second connector: found like any other, and true to the contract."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appmixer.engine.contract import Json, load_connectors
from appmixer.engine.contract.conformance import form_complaints, manifest_complaints
from appmixer.engine.contract.testing import RecordingContext, RecordingHost
from appmixer.utilities.utilities import Utilities

from .site import Site, flow, outputs, step

FOLDER = Path(__file__).parents[2] / "utilities"
CONNECTOR = load_connectors()["appmixer:utilities"]


def test_the_connector_is_found_by_its_entry_point(host: RecordingHost) -> None:
    assert CONNECTOR.entry_point == "utilities"
    assert isinstance(CONNECTOR.plugin(host), Utilities)


def test_the_manifest_the_code_and_the_published_schemas_agree() -> None:
    documents = {
        entry.schema_file: json.loads((FOLDER / entry.schema_file).read_text("utf-8"))
        for entry in CONNECTOR.manifest.components
    }

    assert manifest_complaints(CONNECTOR.manifest, CONNECTOR.components(), documents) == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("name", "input"),
    [
        ("OnStart", {"values": [{"name": "phone", "value": "+1"}, {"value": 2}]}),
        ("SetValues", {"values": [{"name": "a", "value": "{{ x }}"}, {"name": ""}]}),
        ("Switch", {"cases": [{"name": "sales", "compareTo": "{{ x }}"}, {}]}),
    ],
)
async def test_a_form_is_made_of_what_is_not_whole_yet(name: str, input: dict[str, Json]) -> None:
    component = CONNECTOR.components()[f"appmixer.utilities.{name}"]()

    assert await form_complaints(component, RecordingContext(), input) == []


@pytest.mark.parametrize(
    "path", sorted((FOLDER / "schemas").glob("*.json")), ids=lambda path: path.name
)
def test_every_published_schema_is_a_components_or_a_general_one(path: Path) -> None:
    general = {"component", "connector", "flow"}
    names = {entry.name.rpartition(".")[2] for entry in CONNECTOR.manifest.components}

    assert path.stem.removesuffix(".schema") in names | general


@pytest.mark.anyio
async def test_a_step_of_another_connector_waits_for_the_events_of_its_own(site: Site) -> None:
    document = flow(rest=step("test.probe.Rest", {"text": "x"}, "begin.started"))
    run_id = await site.begin(document)

    async def waits() -> bool:
        return bool((await site.run(run_id))["status"] == "waiting")

    await site.until(waits)
    await site.probe.host.accept(json.dumps({"id": "1", "waitKeys": ["probe"]}).encode())
    run = await site.ended(run_id)

    assert outputs(run)["rest"] == {"out": [{"text": "x", "count": 1, "atOnce": 1}]}
