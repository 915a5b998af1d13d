"""The package list, the folders, the links and the manifest agree."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from email import message_from_bytes
from importlib import import_module
from importlib.metadata import distribution, version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from appmixer.engine.contract import ComponentEntry, load_connectors

from .foreign import install

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SETUPTOOLS: dict[str, Any] = PROJECT["tool"]["setuptools"]
FOLDERS: dict[str, str] = SETUPTOOLS["package-dir"]
CONNECTOR = load_connectors()["appmixer:whatsapp"]
# Modules that a host may not have to load before it needs what they do.
HEAVY = ("appmixer.whatsapp.components", "appmixer.whatsapp.auth", "phonenumbers", "filetype")


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


def test_the_host_finds_the_manifest_through_the_entry_point() -> None:
    written = json.loads((ROOT / "connector.json").read_text("utf-8"))

    assert CONNECTOR.manifest.model_dump(by_alias=True, exclude_unset=True) == written
    assert CONNECTOR.manifest.version == version("appmixer-whatsapp")


@pytest.mark.parametrize("entry", CONNECTOR.manifest.components, ids=lambda entry: entry.name)
def test_a_manifest_entry_names_a_module_a_class_and_a_schema(entry: ComponentEntry) -> None:
    component = getattr(import_module(entry.module), entry.name.rpartition(".")[2])

    assert CONNECTOR.components()[entry.name] is component
    assert (ROOT / entry.schema_file).is_file()


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


def test_the_sandbox_loads_nothing_of_the_connector_or_the_engine() -> None:
    names = loaded_by("import appmixer.sandbox")

    assert [name for name in names if name.startswith(("appmixer.w", "appmixer.e"))] == []


def installed(names: list[str]) -> set[str]:
    """The top-level modules among the names that are not part of Python itself."""
    tops = {name.partition(".")[0] for name in names}
    return {top for top in tops if top not in sys.stdlib_module_names and not top.startswith("__")}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What `make wheels` makes, by the names of the distributions."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "wheels", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    found = {each.name.split("-")[0].replace("_", "-"): each for each in folder.glob("*.whl")}
    assert set(found) == {"appmixer-contract", "appmixer-whatsapp"}
    return found


def packed_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def requirements_of(wheel: Path) -> list[Requirement]:
    with zipfile.ZipFile(wheel) as archive:
        [facts] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        told = message_from_bytes(archive.read(facts)).get_all("Requires-Dist", [])
    return [Requirement(each) for each in told]


def needed_by(wheel: Path, extra: str = "") -> set[str]:
    """The names of what is installed with the wheel itself, or with one of its extras as well."""
    return {
        each.name
        for each in requirements_of(wheel)
        if each.marker is None or each.marker.evaluate({"extra": extra})
    }


def test_the_two_wheels_hold_what_is_needed_and_no_file_twice(wheels: dict[str, Path]) -> None:
    contract, rest = (packed_in(wheels[f"appmixer-{name}"]) for name in ("contract", "whatsapp"))
    with zipfile.ZipFile(wheels["appmixer-whatsapp"]) as archive:
        manifest = json.loads(archive.read("appmixer/whatsapp/connector.json"))
    wanted = {
        "/".join([*name.split("."), *file.relative_to(ROOT / folder).parts])
        for name, folder in FOLDERS.items()
        for kind in ("*.py", "*.json")
        for file in (ROOT / folder).rglob(kind)
    }
    of_contract = {each for each in wanted if each.startswith("appmixer/engine/contract/")}
    above = {"appmixer/engine/__init__.py", "appmixer/engine/py.typed"}

    assert contract == of_contract | above
    assert contract & rest == set()
    assert wanted <= contract | rest
    assert {name.split("/")[0] for name in rest} == {"appmixer"}
    assert manifest["version"] == CONNECTOR.manifest.version


def test_the_contract_needs_three_libraries_and_the_connector_needs_the_contract(
    wheels: dict[str, Path],
) -> None:
    contract, rest = wheels["appmixer-contract"], wheels["appmixer-whatsapp"]
    whole = {each.name: str(each.specifier) for each in requirements_of(rest)}

    assert needed_by(contract) == {"httpx", "pluggy", "pydantic"}
    assert needed_by(contract, "conformance") == {"httpx", "pluggy", "pydantic", "jsonschema"}
    assert whole["appmixer-contract"] == f"=={CONNECTOR.manifest.version}"
    assert needed_by(rest) - {"appmixer-contract"} == {
        Requirement(each).name for each in PROJECT["project"]["dependencies"]
    }


class Fresh:
    """A Python of its own, with what was installed into it and nothing else."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=False)
        self.folder = folder
        self.python = folder / "bin" / "python"
        asked = "import sysconfig; print(sysconfig.get_path('purelib'))"
        self.site = Path(self.run("-c", asked).stdout.strip())

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(self.python), *arguments], capture_output=True, text=True, cwd=self.folder
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def install(self, wheel: Path, extra: str = "") -> None:
        """Install a wheel, and what it needs from what is installed here: nothing is fetched."""
        pip = ["pip", "--python", str(self.python), "install", "--quiet"]
        offline = ["--no-index", "--no-deps", "--disable-pip-version-check"]
        subprocess.run([sys.executable, "-m", *pip, *offline, str(wheel)], check=True)
        for name in needed_by(wheel, extra):
            if not name.startswith("appmixer"):
                self._copy(name)

    def _copy(self, name: str) -> None:
        found = distribution(name)
        facts = next(each for each in found.files or () if each.name == "METADATA")
        if (self.site / facts).exists():
            return
        for file in found.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                target = self.site / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(str(file.locate()), target)
        for each in map(Requirement, found.requires or ()):
            if each.marker is None or each.marker.evaluate({"extra": ""}):
                self._copy(each.name)


@pytest.fixture(scope="module")
def with_contract(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    fresh = Fresh(tmp_path_factory.mktemp("contract") / "venv")
    fresh.install(wheels["appmixer-contract"])
    return fresh


CHECK_LETTERS = """
import asyncio, json
from appmixer.engine.contract import component_schema, load_connectors
from appmixer.engine.contract.conformance import manifest_complaints
from appmixer.engine.contract.testing import RecordingContext

connector = load_connectors()["acme:mail"]
components = connector.components()
published = {
    each.schema_file: component_schema(each.name, components[each.name])
    for each in connector.manifest.components
}
[component] = components.values()
sent = asyncio.run(component().receive(RecordingContext(), component.Input(to="Ann")))
print(json.dumps([manifest_complaints(connector.manifest, components, published), sent.letter_id]))
"""
CHECK_HOST = f"""
import asyncio, sys
sys.path.insert(0, {str(ROOT / "tests" / "contract")!r})
from appmixer.engine.contract.host_conformance import CHECKS
from minimal_site import MinimalSite, load_minimal_host

async def check_all():
    page = load_minimal_host()
    for check in CHECKS:
        async with MinimalSite(page.Host).running() as site:
            await check(site)

asyncio.run(check_all())
print(len(CHECKS))
"""


def test_a_connector_of_others_is_tested_with_the_contract_alone(
    wheels: dict[str, Path], tmp_path: Path
) -> None:
    fresh = Fresh(tmp_path / "venv")
    fresh.install(wheels["appmixer-contract"], "conformance")
    install(fresh.site, "mail")

    told = fresh.run("-c", CHECK_LETTERS).stdout

    assert json.loads(told) == [[], "1"]


def test_a_host_of_others_is_tested_with_the_contract_alone(with_contract: Fresh) -> None:
    assert int(with_contract.run("-c", CHECK_HOST).stdout) > 30


def test_without_its_extra_the_contract_says_what_checking_a_connector_needs(
    with_contract: Fresh,
) -> None:
    code = "import appmixer.engine.contract.conformance"

    told = with_contract.run("-c", code, code=1).stderr

    assert told.rstrip().endswith("Run: pip install 'appmixer-contract[conformance]'")


@pytest.fixture(scope="module")
def plain(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """Both wheels, without any extra."""
    fresh = Fresh(tmp_path_factory.mktemp("plain") / "venv")
    for wheel in wheels.values():
        fresh.install(wheel)
    return fresh


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["components"], "appmixer.whatsapp.SendText"),
        (["components", "SendText"], "Its values leave at: sent"),
        (["validate", str(ROOT / "examples" / "auto_reply.flow.json")], "This flow is valid."),
        (["validate", str(ROOT / "connector.json")], "This manifest is valid."),
    ],
)
def test_what_authors_of_flows_and_components_ask_needs_no_extra(
    plain: Fresh, command: list[str], told: str
) -> None:
    assert told in plain.run(str(plain.folder / "bin" / "appmixer"), *command).stdout


def test_what_needs_an_extra_says_which(plain: Fresh) -> None:
    told = plain.run(str(plain.folder / "bin" / "appmixer"), "up", code=1).stderr

    assert "Run: pip install 'appmixer-whatsapp[engine]'" in told
