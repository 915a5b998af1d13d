"""The two distributions: what is in them, what they need, and what each does without the other."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from email import message_from_bytes
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from .engine.built_page import ASSETS, build_page
from .foreign import install
from .shell import Shell

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
FOLDERS: dict[str, str] = PROJECT["tool"]["setuptools"]["package-dir"]
VERSION: str = PROJECT["project"]["version"]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What `make wheels` makes, by the names of the distributions."""
    folder = tmp_path_factory.mktemp("dist")
    page = build_page(tmp_path_factory.mktemp("page") / "built")
    command = [sys.executable, "-m", "wheels", str(folder), "--page", str(page)]
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
    wanted |= {
        f"appmixer/whatsapp/{folder}/{file.name}"
        for folder in ("examples", "texts")
        for file in (ROOT / folder).glob("*.json")
    }
    of_contract = {each for each in wanted if each.startswith("appmixer/engine/contract/")}
    above = {"appmixer/engine/__init__.py", "appmixer/engine/py.typed"}

    assert contract == of_contract | above
    assert contract & rest == set()
    assert wanted <= contract | rest
    assert {name.split("/")[0] for name in rest} == {"appmixer"}
    page = "appmixer/engine/web/designer"
    assert {each for each in rest if each.startswith(page)} == {
        f"{page}/index.html",
        f"{page}/assets/index-a1.js.gz",
        *(f"{page}/assets/{name}" for name in ASSETS),
    }
    assert manifest["version"] == VERSION


def test_without_a_built_page_no_wheel_is_made_and_what_to_do_is_said(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "wheels", str(tmp_path / "dist"), "--page", str(tmp_path)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"There is no page in {tmp_path}: build it by `make designer`, or use `make wheels`.\n"
    )
    assert not (tmp_path / "dist").exists()


def test_the_contract_needs_three_libraries_and_the_connector_needs_the_contract(
    wheels: dict[str, Path],
) -> None:
    contract, rest = wheels["appmixer-contract"], wheels["appmixer-whatsapp"]
    whole = {each.name: str(each.specifier) for each in requirements_of(rest)}

    assert needed_by(contract) == {"httpx", "pluggy", "pydantic"}
    assert needed_by(contract, "conformance") == {"httpx", "pluggy", "pydantic", "jsonschema"}
    assert whole["appmixer-contract"] == f"=={VERSION}"
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
from importlib.resources import files
from appmixer.engine.contract import load_connectors
from appmixer.engine.contract.conformance import manifest_complaints
from appmixer.engine.contract.testing import RecordingContext

connector = load_connectors()["acme:mail"]
components = connector.components()
published = {
    each.schema_file: json.loads((files("acme.mail") / each.schema_file).read_text())
    for each in connector.manifest.components
}
[component] = components.values()
sent = asyncio.run(component().receive(RecordingContext(), component.Input(to="Ann")))
print(json.dumps([manifest_complaints(connector.manifest, components, published), sent.letter_id]))
"""
CHECK_HOST = f"""
import asyncio, sys
sys.path.insert(0, {str(ROOT / "tests" / "contract")!r})
from appmixer.engine.contract.host_conformance import CHECKS, NotOfferedError
from minimal_site import MinimalSite, load_minimal_host

async def check_all():
    page = load_minimal_host()
    passed = 0
    for check in CHECKS:
        async with MinimalSite(page.Host).running() as site:
            try:
                await check(site)
            except NotOfferedError:
                continue
        passed += 1
    print(passed)

asyncio.run(check_all())
"""


def test_a_connector_of_others_is_published_and_tested_with_the_contract_alone(
    wheels: dict[str, Path], tmp_path: Path
) -> None:
    fresh = Fresh(tmp_path / "venv")
    fresh.install(wheels["appmixer-contract"], "conformance")
    folder = install(fresh.site, "mail")

    fresh.run("-m", "appmixer.engine.contract.publish", str(folder))
    told = fresh.run("-c", CHECK_LETTERS).stdout

    assert json.loads(told) == [[], "1"]


def test_a_new_connector_passes_its_tests_and_is_published_with_the_contract_alone(
    wheels: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shell = Shell(tmp_path / "data", "http://127.0.0.1:9")
    assert shell.run("new", "connector", "acme:cards")[0] == 0
    build = ["pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index", "-w", "built"]
    subprocess.run([sys.executable, "-m", *build, "./cards"], check=True, capture_output=True)
    [wheel] = (tmp_path / "built").iterdir()
    fresh = Fresh(tmp_path / "venv")
    fresh.install(wheels["appmixer-contract"], "conformance")
    fresh.install(wheel, "tests")

    told = fresh.run("-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path / "cards"))
    published = fresh.run("-m", "appmixer.engine.contract.publish", str(tmp_path / "cards"))

    assert "3 passed" in told.stdout
    assert published.stdout == "Everything was published already.\n"


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
