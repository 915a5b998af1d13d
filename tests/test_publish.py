"""`appmixer publish` writes what is generated from a connector's code, installed or not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .foreign import COMPONENT, install, write_component, write_connector
from .shell import Shell

ROOT = Path(__file__).parents[1]
CONNECTORS = [path.parent for path in (ROOT / "connector.json", *ROOT.glob("*/connector.json"))]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data", "http://127.0.0.1:9")


def manifest_of(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "connector.json").read_text("utf-8"))
    return content


def names_in(folder: Path) -> list[str]:
    return [each["name"].rpartition(".")[2] for each in manifest_of(folder)["components"]]


def test_publishing_the_connectors_of_the_repository_changes_nothing(shell: Shell) -> None:
    code, _, told = shell.run("publish", "--check", *map(str, CONNECTORS))

    assert (code, told) == (0, "")


def test_a_connector_that_is_not_installed_is_published_and_then_valid(
    shell: Shell, tmp_path: Path
) -> None:
    folder = write_connector(tmp_path / "mail", "mail")

    first = shell.run("publish", str(folder))
    again = shell.run("publish", str(folder))

    written = ["connector", "SendLetter", "connector.schema", "component.schema"]
    assert first[:2] == (
        0,
        "".join(
            f"{folder / ('' if name == 'connector' else 'schemas') / name}.json\n"
            for name in written
        ),
    )
    schema = json.loads((folder / "schemas" / "SendLetter.json").read_text())
    assert schema["$id"] == "urn:appmixer:acme.mail.SendLetter"
    assert again[:2] == (0, "Everything was published already.\n")
    assert shell.run("validate", str(folder))[1] == "This connector is valid.\n"


def test_a_manifest_without_components_gets_an_entry_for_each_class(
    shell: Shell, tmp_path: Path
) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    (folder / "connector.json").write_text(json.dumps({**manifest_of(folder), "components": []}))
    more = """    description = "Sends a letter."
    keywords = ("Post", "Envelope")
    scopes = ("letters",)
    idempotent = True"""
    said = COMPONENT.replace('    description = "Sends a letter."', more)
    (folder / "components" / "send_letter.py").write_text(said)

    code, _, told = shell.run("publish", str(folder))

    assert (code, told) == (0, "")
    assert manifest_of(folder)["components"] == [
        {
            "name": "acme.mail.SendLetter",
            "kind": "action",
            "label": "Send Letter",
            "description": "Sends a letter.",
            "group": "Letters",
            "keywords": ["Post", "Envelope"],
            "module": "acme.mail.components.send_letter",
            "schema": "schemas/SendLetter.json",
            "scopes": ["letters"],
            "effect": "write",
            "idempotent": True,
        }
    ]


def test_what_only_reads_may_be_repeated_without_saying_so(shell: Shell, tmp_path: Path) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    reading = COMPONENT.replace('    port = "sent"', '    effect = "read"\n    port = "sent"')
    (folder / "components" / "send_letter.py").write_text(reading)

    shell.run("publish", str(folder))

    [entry] = manifest_of(folder)["components"]
    assert (entry["effect"], entry["idempotent"]) == ("read", True)


def test_new_components_come_after_the_others_of_their_group_in_the_manifests_own_order(
    shell: Shell, tmp_path: Path
) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    write_component(folder, "b_parcels.py", "ListParcels", group="Parcels")
    shell.run("publish", str(folder))
    manifest = manifest_of(folder)
    manifest["components"].reverse()
    (folder / "connector.json").write_text(json.dumps(manifest))
    write_component(folder, "a_parcels.py", "SendParcel", group="Parcels")
    write_component(folder, "stamps.py", "BuyStamps", group="Stamps")

    shell.run("publish", str(folder))

    assert names_in(folder) == ["ListParcels", "SendParcel", "SendLetter", "BuyStamps"]


def test_a_component_that_is_gone_leaves_neither_entry_nor_schema(
    shell: Shell, tmp_path: Path
) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    write_component(folder, "parcels.py", "SendParcel")
    shell.run("publish", str(folder))
    (folder / "components" / "parcels.py").unlink()

    shell.run("publish", str(folder))

    assert names_in(folder) == ["SendLetter"]
    assert not (folder / "schemas" / "SendParcel.json").exists()


def test_components_are_found_beside_the_hooks_of_a_package_of_any_name(
    shell: Shell, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    package = folder / "src" / "acme_mail"
    package.mkdir(parents=True)
    inner = write_connector(folder / "written", "mail")
    manifest = manifest_of(inner)
    for part in ("components", "plugin.py"):
        (inner / part).rename(package / part)
    (inner / "connector.json").unlink()
    (folder / "connector.json").write_text(json.dumps({**manifest, "components": []}))
    named = '[project.entry-points.appmixer]\nmail = "acme_mail.plugin"\n'
    (folder / "pyproject.toml").write_text(named)

    code, _, told = shell.run("publish", str(folder))

    assert (code, told) == (0, "")
    [entry] = manifest_of(folder)["components"]
    assert entry["module"] == "acme_mail.components.send_letter"


def test_without_a_folder_of_that_name_components_are_found_in_all_the_package(
    shell: Shell, tmp_path: Path
) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    (folder / "components").rename(folder / "letters")
    (folder / "connector.json").write_text(json.dumps({**manifest_of(folder), "components": []}))
    for package in (folder, folder / "letters"):
        (package / "__init__.py").touch()
    (folder / "scripts").mkdir()
    (folder / "scripts" / "once.py").write_text("raise SystemExit(1)")

    code, _, told = shell.run("publish", str(folder))

    assert (code, told) == (0, "")
    [entry] = manifest_of(folder)["components"]
    assert entry["module"] == "acme.mail.letters.send_letter"


def test_a_connector_below_another_is_left_alone(shell: Shell, tmp_path: Path) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    write_component(folder, "parcels.py", "SendParcel")
    below = write_connector(folder / "components" / "fax", "fax")
    (folder / "pyproject.toml").write_text(
        '[project.entry-points.appmixer]\nmail = "acme.mail.plugin"\nfax = "acme.fax.plugin"\n'
    )

    shell.run("publish", str(folder))

    assert names_in(folder) == ["SendLetter", "SendParcel"]
    assert not (below / "schemas" / "SendLetter.json").exists()


def test_only_the_given_folder_is_published_with_other_connectors_installed(
    tmp_path: Path,
) -> None:
    site = tmp_path / "site"
    folder = install(site, "mail")
    other = install(site, "fax")

    shell = Shell(tmp_path / "data", "http://127.0.0.1:9", {"PYTHONPATH": str(site)})

    code, _, told = shell.run("publish", str(folder))

    assert (code, told) == (0, "")
    assert (folder / "schemas" / "SendLetter.json").is_file()
    assert not (other / "schemas" / "SendLetter.json").exists()


def test_the_schema_of_flows_is_brought_up_to_date_where_there_is_one(
    shell: Shell, tmp_path: Path
) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    kept = folder / "schemas" / "flow.schema.json"
    kept.write_text("{}")

    shell.run("publish", str(folder))

    assert kept.read_bytes() == (ROOT / "schemas" / "flow.schema.json").read_bytes()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            ('description = "Sends a letter."', "pass"),
            "acme.mail.SendLetter: its class has no description.",
        ),
        (
            ("Sends a letter.", "Sends a letter"),
            "acme.mail.SendLetter: its description is no sentence with a full stop.",
        ),
        (
            ('group = "Letters"', 'group = "Letters"\n    keywords = "post"'),
            "acme.mail.SendLetter: its keywords is not right: Input should be a valid list.",
        ),
        (
            ('"""Send Letter."""', "import nosuch"),
            "components/send_letter.py cannot be imported: ModuleNotFoundError:"
            " No module named 'nosuch'",
        ),
        (("SendLetter(Action)", "SendLetter"), "No component is found; they belong into {}"),
    ],
)
def test_what_cannot_be_published_is_named_and_nothing_is_written(
    shell: Shell, tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    before = (folder / "connector.json").read_bytes()
    text = COMPONENT.replace("from __future__ import annotations\n", "")
    (folder / "components" / "send_letter.py").write_text(text.replace(*change))

    code, shown, error = shell.run("publish", str(folder))

    place = f"{folder / 'components'}."
    assert (code, shown, error) == (1, "", f"{told.format(place)}\n")
    assert (folder / "connector.json").read_bytes() == before
    assert list((folder / "schemas").iterdir()) == []


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "is not JSON: "),
        ("[]", "has no id of the form vendor:service."),
        ('{"id": "mail"}', "has no id of the form vendor:service."),
        ('{"id": "acme:mail"}', "label: Field required."),
    ],
)
def test_a_manifest_that_cannot_be_used_is_named(
    shell: Shell, tmp_path: Path, content: str, told: str
) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    (folder / "connector.json").write_text(content)

    code, _, error = shell.run("publish", str(folder))

    assert code == 1
    assert error.startswith(f"{folder / 'connector.json'}")
    assert told in error


def test_two_components_of_one_name_are_named(shell: Shell, tmp_path: Path) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    write_component(folder, "again.py", "SendLetter")

    code, _, error = shell.run("publish", str(folder))

    assert (code, error) == (
        1,
        "acme.mail.SendLetter: there is one in acme.mail.components.again and one in"
        " acme.mail.components.send_letter.\n",
    )


def test_checking_names_what_is_stale_and_writes_nothing(shell: Shell, tmp_path: Path) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    shell.run("publish", str(folder))
    changed = COMPONENT.replace('title="To"', 'title="Name"')
    (folder / "components" / "send_letter.py").write_text(changed)
    schema = folder / "schemas" / "SendLetter.json"
    before = schema.read_bytes()

    code, _, error = shell.run("publish", "--check", str(folder))

    assert (code, error) == (
        1,
        f"{schema}\nThese are not what the code says. Run: appmixer publish\n",
    )
    assert schema.read_bytes() == before


@pytest.mark.parametrize("folder", CONNECTORS, ids=lambda folder: folder.name)
def test_every_component_of_the_repository_is_described_on_a_page(folder: Path) -> None:
    pages = [page.read_text("utf-8") for page in sorted((ROOT / "docs").glob("*.md"))]
    identifier = manifest_of(folder)["id"]

    assert [page for page in pages if f"<!-- generated: {identifier} objects -->" in page] != []


def test_the_tables_of_other_languages_get_the_keys_of_what_is_said(
    shell: Shell, tmp_path: Path
) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    (folder / "texts").mkdir()
    (folder / "examples").mkdir()
    table = folder / "texts" / "de.json"
    table.write_text(json.dumps({"Letters": "Briefe", "Parcels": "Pakete", "To": "An"}))
    (folder / "examples" / "post.flow.json").write_text(json.dumps({"name": "Post"}))

    first = shell.run("publish", str(folder))
    again = shell.run("publish", str(folder))

    said = json.loads(table.read_text("utf-8"))
    assert f"{table}\n" in first[1]
    assert again[1] == "Everything was published already.\n"
    assert list(said) == sorted(said)
    assert {text: said[text] for text in ("Letters", "To", "Post", "= sent", "Who gets it.")} == {
        "Letters": "Briefe",
        "To": "An",
        "Post": "",
        "= sent": "",
        "Who gets it.": "",
    }
    assert "Parcels" not in said


def test_a_table_that_is_no_json_is_named(shell: Shell, tmp_path: Path) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    (folder / "texts").mkdir()
    (folder / "texts" / "de.json").write_text("{")

    code, _, told = shell.run("publish", str(folder))

    assert code == 1
    assert f"{folder / 'texts' / 'de.json'} is not JSON" in told
