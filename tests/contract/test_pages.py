"""What of a connector's pages is generated, and what stays as a person wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..foreign import write_component, write_connector
from ..shell import Shell

END = "<!-- end of generated -->"
MANY_FIELDS = '''"""Many fields."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from appmixer.engine.contract import Fields, Form, FormOf, Trigger


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
    form_of = FormOf(inputs=("box",), ports=True)
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
        value: Any = Field(description="Something.", examples=[1])

    async def form(self, context, input):
        return Form()
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


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data", "http://127.0.0.1:9")


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


def test_the_first_component_of_a_group_comes_below_the_prose_under_its_heading(
    shell: Shell, tmp_path: Path
) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    prose = "## Letters\n\nBy hand.\n\n## Other\n\n"
    page = write_page(folder, f"{prose}<!-- generated: acme:mail objects -->\n{END}\n")

    shell.run("publish", str(folder))

    text = page.read_text("utf-8")
    assert text.startswith("## Letters\n\nBy hand.\n\n<!-- generated: acme.mail.SendLetter title")
    assert text.index("acme.mail.SendLetter gives") < text.index(
        "\n\n## Other\n\n<!-- generated: a"
    )
    assert text.count("## Letters\n") == 1


def test_objects_ports_and_hints_of_fields_are_told(shell: Shell, tmp_path: Path) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    page = write_page(folder, PAGE)
    (folder / "components" / "send_letter.py").write_text(MANY_FIELDS)

    code, _, told = shell.run("publish", str(folder))

    assert (code, told) == (0, "")
    text = page.read_text("utf-8")
    assert (
        "`acme.mail.SendLetter` · trigger · ports `letter`, `lost`, and those that its input names"
        in text
    )
    assert [line for line in text.splitlines() if line.startswith("| `")] == [
        "| `box` | text, *list* | Box. Which \\| what. |",
        "| `kinds` | list of one of `a`, `b` | Kinds. Only these. |",
        "| `at` (needed) | time | At. Since when. |",
        "| `sender` | [Person](#person) | Who wrote. |",
        "| `weight` | number or text | How heavy. |",
        "| `isOpen` | yes or no | Whether it was opened. |",
        "| `raw` | object | All of it. |",
        "| `value` | anything | Something. |",
        "| `reason` | `late` | Why. |",
        "| `name` | text | Their name. |",
    ]
    assert "At `lost`:\n" in text
    assert "For example (one; what is empty is left out):" in text
    assert "## Objects inside the fields\n\n### Person\n\nA person who writes.\n" in text


def test_two_objects_of_one_name_are_named(shell: Shell, tmp_path: Path) -> None:
    folder = write_connector(tmp_path / "mail", "mail")
    page = write_page(folder, PAGE)
    other = MANY_FIELDS.replace("SendLetter", "Other").replace("Their name.", "His name.")
    (folder / "components" / "send_letter.py").write_text(MANY_FIELDS)
    (folder / "components" / "other.py").write_text(other)

    code, _, error = shell.run("publish", str(folder))

    assert (code, error) == (1, f"{page}: two objects of acme:mail are called Person.\n")


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
