"""`appmixer new`: what it writes passes its tests at once, is published, shown, valid, and runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from .foreign import install, write_connector
from .ports import free_port
from .shell import DEADLINE_S, Shell

TOKEN = "token-of-a-test-of-new"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command line in an empty folder, with what is in `site` installed beside the rest."""
    monkeypatch.chdir(tmp_path)
    variables = {"PYTHONPATH": str(tmp_path / "site"), "APPMIXER_API_TOKEN": TOKEN}
    return Shell(tmp_path / "data", f"http://127.0.0.1:{free_port()}", variables)


def installed(folder: Path, site: Path) -> None:
    """Install a connector's folder as pip does."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(site)]
    subprocess.run([*pip, *offline, str(folder)], check=True, capture_output=True)


def result_of_tests(folder: Path, shell: Shell) -> str:
    """Run the tests of a connector's folder and return the last line."""
    pytest_alone = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        pytest_alone, cwd=folder, env=shell.environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    return done.stdout.splitlines()[-1].partition(" in ")[0]


def manifest_of(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "connector.json").read_text("utf-8"))
    return content


def short_names(folder: Path) -> list[str]:
    return [each["name"].rpartition(".")[2] for each in manifest_of(folder)["components"]]


@pytest.fixture
def running(shell: Shell) -> Iterator[httpx.Client]:
    """An engine with what is in `site` by then."""
    process = shell.up()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    try:
        with httpx.Client(base_url=shell.url, headers=headers, timeout=DEADLINE_S) as client:
            yield client
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def cards(shell: Shell, tmp_path: Path) -> Path:
    """A new connector with a component and a trigger more, installed."""
    assert shell.run("new", "connector", "acme:cards")[0] == 0
    os.chdir(tmp_path / "cards")
    assert shell.run("new", "component", "SendCard")[0] == 0
    assert shell.run("new", "component", "HearHTTPCard2", "--trigger")[0] == 0
    installed(tmp_path / "cards", tmp_path / "site")
    return tmp_path / "cards"


def test_what_is_written_is_published_valid_shown_and_passes_its_tests(
    shell: Shell, cards: Path
) -> None:
    published = shell.run("publish", "--check")
    valid = shell.run("validate", str(cards))
    shown = shell.run("components", "HearHTTPCard2")

    assert published == (0, "", "")
    assert valid[:2] == (0, "This connector is valid.\n")
    assert shown[1].startswith("Hear HTTP Card2 (acme.cards.HearHTTPCard2), trigger\n")
    assert short_names(cards) == ["SayHello", "SendCard", "HearHTTPCard2"]
    assert (cards / "components" / "hear_http_card2.py").is_file()
    assert "### Hear HTTP Card2" in (cards / "README.md").read_text("utf-8")
    assert result_of_tests(cards, shell) == "9 passed"


@pytest.fixture
def broken_beside(tmp_path: Path, cards: Path) -> None:
    install(tmp_path / "site", "broken", more_code="\n1 / 0\n")


@pytest.mark.usefixtures("broken_beside")
def test_a_new_connector_runs_and_a_bad_one_beside_it_harms_nobody(running: httpx.Client) -> None:
    say = "/api/components/acme.cards.SayHello/test"
    flow = {
        "name": "Cards",
        "components": {
            "heard": {"type": "acme.cards.HearHTTPCard2"},
            "say": {
                "type": "acme.cards.SayHello",
                "source": {"in": {"heard": ["happened"]}},
                "input": {"text": "{{ heard.happened.text }}!"},
            },
        },
    }

    ready = running.get("/readyz").json()
    done = running.post(say, json={"input": {"text": "Hi"}}).json()
    deployed = running.put("/api/flows/cards", json=flow)
    started = running.post("/api/flows/cards/start")
    stopped = running.post("/api/flows/cards/stop")

    assert ready["status"] == "ready"
    assert [each["distribution"] for each in ready["leftOut"]] == ["acme-broken"]
    assert (done["status"], done["output"]) == ("completed", {"done": [{"text": "Hi"}]})
    assert [each.status_code for each in (deployed, started, stopped)] == [200, 200, 200]


def test_a_component_is_written_beside_those_of_its_group_wherever_one_stands(
    shell: Shell, tmp_path: Path
) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    (folder / "components" / "letters").mkdir()
    old = folder / "components" / "send_letter.py"
    old.rename(folder / "components" / "letters" / "send_letter.py")
    shell.run("publish", str(folder))
    os.chdir(folder / "schemas")

    first = shell.run("new", "component", "SendParcel", "--group", "letters")
    other = shell.run("new", "component", "BuyStamps", "--group", 'Stamps "and" more')

    assert (first[0], other[0]) == (0, 0)
    assert (folder / "components" / "letters" / "send_parcel.py").is_file()
    assert (folder / "tests" / "test_send_parcel.py").is_file()
    groups = {each["name"]: each["group"] for each in manifest_of(folder)["components"]}
    assert groups["acme.mail.SendParcel"] == "Letters"
    assert groups["acme.mail.BuyStamps"] == 'Stamps "and" more'


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["component", "sendCard"], 2, "sendCard cannot be a component's name."),
        (["component", "Import"], 2, "Import cannot be a component's name."),
        (["component", "Fields"], 2, "Fields cannot be a component's name."),
        (["component", "../Card"], 2, "../Card cannot be a component's name."),
        (["component", "SendLetter"], 1, "There is acme.mail.SendLetter already, in acme.mail."),
        (["component", "SENDLetter"], 1, "There is acme.mail.SendLetter already, in acme.mail."),
        (["component", "SendCards"], 1, "send_cards.py is there already."),
        (["connector", "cards"], 2, "cards cannot be a connector's id."),
        (["connector", "acme:class"], 2, "acme:class cannot be a connector's id."),
        (["connector", "acme:a/b"], 2, "acme:a/b cannot be a connector's id."),
        (["connector", "json:cards"], 2, "There is a Python module json already."),
        (["connector", "appmixer:engine"], 2, "There is a Python module appmixer.engine already."),
        (["connector", "acme:tests"], 1, "tests is there already."),
    ],
)
def test_what_cannot_be_written_is_told_and_nothing_is_changed(
    shell: Shell, tmp_path: Path, arguments: list[str], code: int, told: str
) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    shell.run("publish", str(folder))
    (folder / "tests").mkdir()
    (folder / "components" / "send_cards.py").write_text("")
    os.chdir(folder)
    before = sorted(path for path in folder.rglob("*") if "__pycache__" not in path.parts)

    found = shell.run("new", *arguments)

    assert (found[0], found[1]) == (code, "")
    assert told in found[2]
    after = sorted(path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    assert after == before


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "There is no connector.json in "),
        ("{", "connector.json cannot be read: "),
        ("[]", "connector.json is not right; `appmixer validate"),
        ('{"id": "acme:mail", "components": [1]}', "connector.json is not right"),
        ('{"id": "acme:mail", "components": []}', "Nothing tells where components of"),
    ],
)
def test_a_folder_in_which_no_component_can_be_written_is_told(
    shell: Shell, tmp_path: Path, content: str | None, told: str
) -> None:
    if content is not None:
        (tmp_path / "connector.json").write_text(content)

    code, shown, error = shell.run("new", "component", "SendCard")

    assert (code, shown) == (1, "")
    assert told in error


def test_a_component_of_a_connector_with_a_fault_is_written_and_the_fault_is_told(
    shell: Shell, tmp_path: Path
) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    shell.run("publish", str(folder))
    (folder / "components" / "send_letter.py").write_text("import nosuch")
    os.chdir(folder)

    code, shown, error = shell.run("new", "component", "SendCard")

    assert (code, shown.splitlines()) == (
        1,
        ["components/send_card.py", "tests/test_send_card.py"],
    )
    assert error.startswith("It is written, but not published:\ncomponents/send_letter.py cannot")
    assert error.endswith("Then run: appmixer publish\n")
