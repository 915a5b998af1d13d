"""`appmixer validate FOLDER` is the conformance suite over a connector, installed or not."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .foreign import COMPONENT, write_connector
from .shell import Shell

ROOT = Path(__file__).parents[1]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data", "http://127.0.0.1:9")


def publish(folder: Path) -> None:
    command = [sys.executable, "-m", "appmixer.engine.contract.publish", str(folder)]
    subprocess.run(command, check=True)


def faults_of(shell: Shell, folder: Path) -> list[str]:
    _, shown, _ = shell.run("validate", str(folder), "--json")
    answer: dict[str, Any] = json.loads(shown)
    assert answer["kind"] == "connector"
    return [f"{each['path']}: {each['text']}" for each in answer["errors"]]


def test_a_manifest_for_another_version_of_the_contract_is_told_so(
    shell: Shell, tmp_path: Path
) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    publish(folder)
    manifest = json.loads((folder / "connector.json").read_text())
    (folder / "connector.json").write_text(json.dumps({**manifest, "contract": "3.0"}))

    assert faults_of(shell, folder) == [
        "contract: It is for version 3.0 of the contract, and here it is 2.0;"
        " it needs a newer host."
    ]


def test_every_fault_of_a_connectors_code_is_named_at_once(shell: Shell, tmp_path: Path) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    publish(folder)
    manifest = json.loads((folder / "connector.json").read_text())
    [entry] = manifest["components"]
    for name in ("Late", "Broken"):
        stem = name.lower()
        more = {"name": f"acme.mail.{name}", "module": f"acme.mail.components.{stem}"}
        manifest["components"].append({**entry, **more, "schema": f"schemas/{name}.json"})
    (folder / "connector.json").write_text(json.dumps(manifest))
    late = COMPONENT.replace("SendLetter", "Late").replace("Send Letter", "Lately")
    parts = folder / "components"
    (parts / "late.py").write_text(late.replace('{"sent": {"letterId": "1"}}', '{"sent": {}}'))
    (parts / "broken.py").write_text("import nosuch")
    (parts / "more").mkdir()
    (parts / "more" / "extra.py").write_text(COMPONENT.replace("SendLetter", "Extra"))
    (parts / "unlisted.py").write_text("1 / 0")
    (parts / "send_letter.py").write_text(COMPONENT.replace('title="To"', 'title="Name"'))
    (folder / "schemas" / "Gone.json").write_text("{}")
    (folder / "schemas" / "flow.schema.json").write_text("{}")
    again = f"Run: appmixer publish {folder}"

    assert faults_of(shell, folder) == [
        f"acme.mail.SendLetter: its published schema is not that of the code. {again}",
        f"acme.mail.Late: its published entry is not that of the code (label). {again}",
        f"acme.mail.Late: its schema is not published. {again}",
        "acme.mail.Late: the sample 'sent' does not fit the output at its top.",
        "acme.mail.Broken: acme.mail.components.broken cannot be used: ModuleNotFoundError:"
        " No module named 'nosuch'. Its other faults show once it can.",
        f"components/more/extra.py: connector.json does not list its component Extra. {again}",
        "components/unlisted.py: It cannot be imported: ZeroDivisionError: division by zero.",
        f"schemas/Gone.json: No component in connector.json has this schema. {again}",
        f"schemas/flow.schema.json: It is not that of this version. {again}",
    ]


def test_an_incomplete_manifest_does_not_hide_the_faults_of_the_code(
    shell: Shell, tmp_path: Path
) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    manifest = json.loads((folder / "connector.json").read_text())
    del manifest["label"]
    manifest["colour"] = "red"
    manifest["components"].append({"name": "acme.mail.Half"})
    (folder / "connector.json").write_text(json.dumps(manifest))

    faults = faults_of(shell, folder)

    assert "label: It is missing." in faults
    assert "colour: There is no such key; check its spelling or remove it." in faults
    assert "components.1.module: It is missing." in faults
    assert any("its schema is not published" in fault for fault in faults)


def test_the_code_in_the_folder_is_checked_and_not_the_one_that_is_installed(
    shell: Shell, tmp_path: Path
) -> None:
    for part in ("auth", "components", "plugin", "schemas"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, tmp_path / "copy" / part, ignore=ignored)
    shutil.copy(ROOT / "connector.json", tmp_path / "copy")
    changed = tmp_path / "copy" / "components" / "messages" / "send_text.py"
    text = changed.read_text().replace('label = "Send Text Message"', 'label = "Say"')
    changed.write_text(text)

    folder = tmp_path / "copy"
    assert faults_of(shell, folder) == [
        f"appmixer.whatsapp.SendText: its published {what}. Run: appmixer publish {folder}"
        for what in ("entry is not that of the code (label)", "schema is not that of the code")
    ]


def test_code_that_ends_the_process_or_prints_is_told_in_a_sentence(
    shell: Shell, tmp_path: Path
) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    publish(folder)
    module = folder / "components" / "send_letter.py"
    future = "from __future__ import annotations\n"
    module.write_text(COMPONENT.replace(future, f"{future}print('hello')\n"))
    printing = faults_of(shell, folder)
    module.write_text("import os\nos._exit(3)\n")

    assert printing == []
    assert faults_of(shell, folder) == [": The code ended the check before its time (exit code 3)."]


def test_the_hooks_that_the_project_names_are_checked_as_well(shell: Shell, tmp_path: Path) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    publish(folder)
    named = '[project.entry-points.appmixer]\nmail = "acme.mail.plugin"\n'
    (folder / "pyproject.toml").write_text(named)
    right = faults_of(shell, folder)
    with (folder / "plugin.py").open("a") as plugin:
        plugin.write("\nappmixer_components = hookimpl(lambda: {'other': 1})\n")

    assert right == []
    assert faults_of(shell, folder) == [
        "pyproject.toml: entry point mail: acme.mail.plugin cannot be used: UnusableConnectorError:"
        " its hook appmixer_components gives no acme.mail.SendLetter."
    ]
