"""`appmixer publish` writes what is generated from a connector's code, installed or not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .foreign import COMPONENT, install, write_connector
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


def write_component(folder: Path, module: str, name: str, *, group: str = "Letters") -> None:
    text = COMPONENT.replace("SendLetter", name).replace('"Letters"', f'"{group}"')
    (folder / "components" / module).write_text(text, "utf-8")


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


END = "<!-- end of generated -->"
MANY_FIELDS = '''"""Many fields."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from appmixer.engine.contract import Fields, Trigger


class Person(Fields):
    """A person who writes."""

    name: str | None = Field(description="Their name.", examples=["Ann"])


class Lost(Fields):
    reason: Literal["late"] = Field(description="Why.", examples=["late"])


class SendLetter(Trigger):
    """https://mail.example/letters"""

    label = "Letter"
    description = "Begins with a letter."
    group = "Letters"
    port = "letter"
    more_ports = {"lost": Lost}
    samples = {"one": {"sender": None, "weight": 1, "isOpen": False, "raw": {}}, "two": {}}

    class Input(Fields):
        box: str | None = Field(
            None, description="Which | what.", examples=["1"], json_schema_extra={"x-source": True}
        )
        kinds: list[Literal["a", "b"]] = Field([], description="Only these.", examples=[["a"]])
        at: datetime = Field(description="Since when.", examples=["2026-09-21T14:13:20Z"])

    class Output(Fields):
        sender: Person | None = Field(description="Who wrote.")
        weight: int | str | None = Field(description="How heavy.", examples=[1])
        is_open: bool = Field(description="Whether it was opened.", examples=[True])
        raw: dict[str, Any] = Field(description="All of it.", examples=[{}])
'''
PAGE = """# Letters

Made by us. <!-- generated: appmixer.whatsapp.SendText needs --> is text here.

## Letters

<!-- generated: acme.mail.SendLetter title -->
old
<!-- end of generated -->

Written by hand.

<!-- generated: acme.mail.SendLetter needs -->
<!-- end of generated -->

<!-- generated: acme.mail.SendLetter gives -->
<!-- end of generated -->

**Fails**: Never.

<!-- generated: acme:mail objects -->
<!-- end of generated -->

## The end
"""
PUBLISHED_PAGE = """# Letters

Made by us. <!-- generated: appmixer.whatsapp.SendText needs --> is text here.

## Letters

<!-- generated: acme.mail.SendLetter title -->

### Send Letter

`acme.mail.SendLetter` · action · port `sent`

Sends a letter.

<!-- end of generated -->

Written by hand.

<!-- generated: acme.mail.SendLetter needs -->

**Needs**

| Field | Takes | Meaning |
| --- | --- | --- |
| `to` (needed) | text | To. Who gets it. |

<!-- end of generated -->

<!-- generated: acme.mail.SendLetter gives -->

**Gives back**

| Field | Holds | Meaning |
| --- | --- | --- |
| `letterId` | text | Its number. |

For example:

```json
{
  "letterId": "1"
}
```

<!-- end of generated -->

**Fails**: Never.

<!-- generated: acme:mail objects -->

<!-- end of generated -->

## The end
"""


def write_page(folder: Path, page: str) -> Path:
    path = folder / "docs" / "components.md"
    path.parent.mkdir()
    path.write_text(page, "utf-8")
    return path


def test_the_parts_of_a_page_are_written_and_its_prose_is_left_alone(
    shell: Shell, tmp_path: Path
) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    page = write_page(folder, PAGE)

    shell.run("publish", str(folder))

    assert page.read_text("utf-8") == PUBLISHED_PAGE
    assert shell.run("publish", str(folder))[1] == "Everything was published already.\n"


def test_a_new_component_gets_a_section_in_its_group(shell: Shell, tmp_path: Path) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    page = write_page(folder, PAGE)
    write_component(folder, "a_stamps.py", "BuyStamps", group="Stamps")
    write_component(folder, "parcels.py", "SendParcel")

    shell.run("publish", str(folder))

    text = page.read_text("utf-8")
    places = [
        text.index(each)
        for each in (
            "## Letters\n",
            "SendLetter title",
            "**Fails**: Never.",
            "SendParcel title",
            "## Stamps\n",
            "BuyStamps title",
            "acme:mail objects",
            "## The end",
        )
    ]
    assert places == sorted(places)
    assert shell.run("publish", str(folder))[1] == "Everything was published already.\n"


def test_objects_ports_and_hints_of_fields_are_told(shell: Shell, tmp_path: Path) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    page = write_page(folder, PAGE)
    (folder / "components" / "send_letter.py").write_text(MANY_FIELDS)

    code, _, told = shell.run("publish", str(folder))

    assert (code, told) == (0, "")
    text = page.read_text("utf-8")
    assert "`acme.mail.SendLetter` · trigger · ports `letter`, `lost`\n" in text
    assert [line for line in text.splitlines() if line.startswith("| `")] == [
        "| `box` | text, *list* | Box. Which \\| what. |",
        "| `kinds` | list of one of `a`, `b` | Kinds. Only these. |",
        "| `at` (needed) | time | At. Since when. |",
        "| `sender` | [Person](#person) | Who wrote. |",
        "| `weight` | number or text | How heavy. |",
        "| `isOpen` | yes or no | Whether it was opened. |",
        "| `raw` | object | All of it. |",
        "| `reason` | `late` | Why. |",
        "| `name` | text | Their name. |",
    ]
    assert "At `lost`:\n" in text
    assert "For example (one; what is empty is left out):" in text
    assert "## Objects inside the fields\n\n### Person\n\nA person who writes.\n" in text


def test_one_run_writes_the_pages_of_several_connectors_wherever_they_are(
    shell: Shell, tmp_path: Path
) -> None:
    mail = write_connector(tmp_path / "mail", "mail")
    fax = write_connector(mail / "fax", "fax")
    blocks = [f"<!-- generated: acme:{each} objects -->\n{END}\n" for each in ("mail", "fax")]
    page = write_page(mail, "\n".join(blocks))

    alone = shell.run("publish", str(mail))
    without = page.read_text("utf-8")
    together = shell.run("publish", str(mail), str(fax))

    assert (alone[0], together[0]) == (0, 0)
    assert ("acme.mail.SendLetter title" in without, "acme.fax" in without) == (True, False)
    assert "acme.fax.SendLetter title" in page.read_text("utf-8")


@pytest.mark.parametrize(
    ("page", "told"),
    [
        (
            f"<!-- generated: acme.mail.Gone title -->\n{END}\n",
            "acme.mail.Gone is no component any more; remove its section.",
        ),
        (
            f"<!-- generated: acme.mail.SendLetter neds -->\n{END}\n",
            "acme.mail.SendLetter has no part 'neds' that is generated.",
        ),
        (
            f"<!-- generated: acme:mail needs -->\n{END}\n",
            "acme:mail has no part 'needs' that is generated.",
        ),
        (
            "<!-- generated: acme.mail.SendLetter title -->\n",
            f"a part that is generated has no end; it is {END}.",
        ),
        (
            PAGE.replace("<!-- generated: acme.mail.SendLetter gives -->\n<!-- end of", "<!-- no"),
            "acme.mail.SendLetter has no part 'gives'; it has title and needs.",
        ),
    ],
)
def test_a_page_that_cannot_be_written_is_named_and_nothing_is_written(
    shell: Shell, tmp_path: Path, page: str, told: str
) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    path = write_page(folder, page)

    code, _, error = shell.run("publish", str(folder))

    assert (code, error) == (1, f"{path}: {told}\n")
    assert path.read_text("utf-8") == page
    assert list((folder / "schemas").iterdir()) == []


@pytest.mark.parametrize("folder", CONNECTORS, ids=lambda folder: folder.name)
def test_every_component_of_the_repository_is_described_on_a_page(folder: Path) -> None:
    pages = [page.read_text("utf-8") for page in sorted((ROOT / "docs").glob("*.md"))]
    identifier = manifest_of(folder)["id"]

    assert [page for page in pages if f"<!-- generated: {identifier} objects -->" in page] != []
