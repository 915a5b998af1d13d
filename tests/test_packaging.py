"""The package list, the folders, the links and the manifest agree."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from appmixer.engine.contract import ComponentEntry, load_connectors

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SETUPTOOLS: dict[str, Any] = PROJECT["tool"]["setuptools"]
FOLDERS: dict[str, str] = SETUPTOOLS["package-dir"]
CONNECTORS = load_connectors()
CONNECTOR = CONNECTORS["appmixer:whatsapp"]
# Where each connector's manifest and schemas lie.
FOLDER_OF = {"appmixer:whatsapp": ROOT, "appmixer:utilities": ROOT / "utilities"}
ENTRIES = [(name, each) for name in FOLDER_OF for each in CONNECTORS[name].manifest.components]
# Modules that a host may not have to load before it needs what they do.
HEAVY = (
    *("appmixer.whatsapp.components", "appmixer.whatsapp.auth", "phonenumbers", "filetype"),
    *("appmixer.utilities.begin", "appmixer.utilities.decide", "appmixer.utilities.utilities"),
)


def test_every_folder_with_an_init_is_packaged() -> None:
    found = {
        ".".join([name, *init.parent.relative_to(ROOT / folder).parts])
        for name, folder in FOLDERS.items()
        for init in (ROOT / folder).rglob("__init__.py")
    }

    assert set(SETUPTOOLS["packages"]) == found


@pytest.mark.parametrize(("name", "folder"), FOLDERS.items())
def test_the_links_for_type_checkers_mirror_the_mapping(name: str, folder: str) -> None:
    assert (ROOT / "typetree" / Path(*name.split("."))).resolve() == ROOT / folder


@pytest.mark.parametrize("folder", FOLDERS.values())
def test_a_part_says_that_it_is_typed(folder: str) -> None:
    assert (ROOT / folder / "py.typed").is_file()


def test_the_root_is_not_a_package() -> None:
    assert not (ROOT / "__init__.py").exists()


@pytest.mark.parametrize(("name", "folder"), FOLDER_OF.items())
def test_the_host_finds_a_manifest_through_its_entry_point(name: str, folder: Path) -> None:
    manifest = CONNECTORS[name].manifest
    written = json.loads((folder / "connector.json").read_text("utf-8"))

    assert manifest.model_dump(by_alias=True, exclude_unset=True) == written
    assert manifest.version == version("appmixer-whatsapp")


@pytest.mark.parametrize(("name", "entry"), ENTRIES, ids=lambda each: getattr(each, "name", ""))
def test_a_manifest_entry_names_a_module_a_class_and_a_schema(
    name: str, entry: ComponentEntry
) -> None:
    component = getattr(import_module(entry.module), entry.name.rpartition(".")[2])

    assert CONNECTORS[name].components()[entry.name] is component
    assert (FOLDER_OF[name] / entry.schema_file).is_file()


def test_the_environment_names_follow_the_keys() -> None:
    keys = CONNECTOR.manifest.configuration

    assert {key.name: key.environment.removeprefix("APPMIXER_WHATSAPP_") for key in keys} == {
        "clientId": "CLIENT_ID",
        "clientSecret": "CLIENT_SECRET",
        "configId": "CONFIG_ID",
        "esConfigId": "ES_CONFIG_ID",
        "verifyToken": "VERIFY_TOKEN",
        "graphUrl": "GRAPH_URL",
        "dialogUrl": "DIALOG_URL",
        "graphVersion": "GRAPH_VERSION",
        "unknownAfterS": "UNKNOWN_AFTER_S",
    }


def loaded_by(code: str) -> list[str]:
    """The modules that a fresh interpreter has loaded after running the code."""
    script = f"import sys; before = set(sys.modules); {code}; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    return done.stdout.decode().split()


def test_the_manifest_is_read_without_loading_any_component() -> None:
    code = "from appmixer.engine.contract import load_connectors; load_connectors()"

    assert [name for name in loaded_by(code) if name.startswith(HEAVY)] == []


def test_the_contract_loads_nothing_but_pydantic_pluggy_and_httpx() -> None:
    libraries = "import httpx, pluggy, pydantic; pydantic.create_model('Any', any=(int, 1))"

    loaded = installed(loaded_by("import appmixer.engine.contract"))

    assert loaded - installed(loaded_by(libraries)) == {"appmixer"}


def test_the_engine_loads_nothing_of_temporal_until_it_is_asked_for() -> None:
    names = loaded_by("import appmixer.engine.api.server, appmixer.engine.cli.app")

    assert [name for name in names if name.startswith("temporalio")] == []


def test_the_sandbox_loads_nothing_of_the_connector_or_the_engine() -> None:
    names = loaded_by("import appmixer.sandbox")

    assert [name for name in names if name.startswith(("appmixer.w", "appmixer.e"))] == []


def installed(names: list[str]) -> set[str]:
    """The top-level modules among the names that are not part of Python itself."""
    tops = {name.partition(".")[0] for name in names}
    return {top for top in tops if top not in sys.stdlib_module_names and not top.startswith("__")}
