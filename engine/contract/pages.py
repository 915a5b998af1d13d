"""Pages about a connector: what of them is generated stands between markers.

`<!-- generated: acme.mail.SendLetter needs -->` begins a part, `<!-- end of generated -->` ends it,
and everything else on the page is prose. The page with the part `objects` of a connector is where
all its components are described.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .manifest import ComponentEntry, Manifest
from .tables import holds, input_table, objects_of, output_table, resolved

END = "<!-- end of generated -->"
PART = re.compile(
    r"^<!-- generated: (\S+) (\w+) -->\n(.*?)^<!-- end of generated -->$", re.M | re.S
)
BEGIN = re.compile(r"^<!-- generated: ", re.M)
SECTION = re.compile(r"^## |^<!-- generated: \S+ (title|objects|configuration) -->", re.M)
DEPENDS = "Its fields depend on what is filled in."
PARTS = ("title", "needs", "gives")


class PageError(ValueError):
    """A page has a part that cannot be generated; the text says which."""


@dataclass(frozen=True)
class Described:
    """A connector, as far as its pages tell of it."""

    manifest: Manifest
    documents: Mapping[str, dict[str, Any]]
    """The published schema of each component by its full name."""

    def has(self, subject: str) -> bool:
        """Say whether a part is about the connector or one of its components, present or gone."""
        prefix = self.manifest.id.replace(":", ".") + "."
        return subject == self.manifest.id or subject.startswith(prefix)

    def part(self, subject: str, part: str) -> str:
        """Return what stands between the markers of a part."""
        entries = {each.name: each for each in self.manifest.components}
        if subject == self.manifest.id and part == "objects":
            return _objects(self)
        if subject == self.manifest.id and part == "configuration":
            return _configuration(self.manifest)
        if subject != self.manifest.id and subject not in entries:
            raise PageError(f"{subject} is no component any more; remove its section")
        if subject == self.manifest.id or part not in PARTS:
            raise PageError(f"{subject} has no part {part!r} that is generated")
        entry, document = entries[subject], self.documents[subject]
        if part == "title":
            return _title(entry, document)
        if part == "gives":
            return _gives(document)
        return _needs(document, needs_account=self.manifest.needs_account(entry))


def fill(page: str, connectors: Sequence[Described]) -> str:
    """Return the page with its parts as they have to be, and a section for each new component."""
    if len(BEGIN.findall(page)) != len(PART.findall(page)):
        raise PageError(f"a part that is generated has no end; it is {END}")

    def filled(found: re.Match[str]) -> str:
        about = next((each for each in connectors if each.has(found[1])), None)
        return _part(found[1], found[2], about.part(found[1], found[2])) if about else found[0]

    for each in connectors:
        parts = {(found[1], found[2]) for found in PART.finditer(page)}
        if (each.manifest.id, "objects") in parts:
            _refuse_halves(each, parts)
            page = _with_new(page, each)
    return PART.sub(filled, page)


def _refuse_halves(connector: Described, parts: set[tuple[str, str]]) -> None:
    for entry in connector.manifest.components:
        there = [part for part in PARTS if (entry.name, part) in parts]
        if there and len(there) < len(PARTS):
            [missing, *_] = [part for part in PARTS if part not in there]
            raise PageError(f"{entry.name} has no part {missing!r}; it has {' and '.join(there)}")


def _with_new(page: str, connector: Described) -> str:
    """Put a section where there is none: after the last one of the component's group."""
    described = {found[1] for found in PART.finditer(page)}
    for entry in connector.manifest.components:
        if entry.name not in described:
            section = "\n\n".join(_part(entry.name, part, "") for part in PARTS) + "\n\n"
            place = _place(page, entry, connector)
            if place is None:
                place = page.index(f"<!-- generated: {connector.manifest.id} objects -->")
                section = f"## {entry.group}\n\n{section}"
            page = page[:place] + section + page[place:]
    return page


def _place(page: str, entry: ComponentEntry, connector: Described) -> int | None:
    """Return where the group's last section ends, or the prose below its heading, if there is one.

    What is generated may hold headings of its own, so that a section begins with its marker.
    """
    groups = {each.name: each.group for each in connector.manifest.components}
    ends = [
        found.end() for found in PART.finditer(page) if groups.get(found[1]) == entry.group
    ] or [found.end() for found in re.finditer(rf"^## {re.escape(entry.group)}$", page, re.M)]
    if not ends:
        return None
    following = SECTION.search(page, ends[-1])
    return following.start() if following else len(page)


def _part(subject: str, part: str, content: str) -> str:
    inner = f"{content}\n" if content else ""
    return f"<!-- generated: {subject} {part} -->\n\n{inner}{END}"


def _title(entry: ComponentEntry, document: Mapping[str, Any]) -> str:
    ports = [f"`{port}`" for port in document["x-ports"]]
    told = f"port{'s' if len(ports) > 1 else ''} {', '.join(ports)}"
    told += ", and those that its input names" if document.get("x-form", {}).get("ports") else ""
    return f"### {entry.label}\n\n`{entry.name}` · {entry.kind} · {told}\n\n{entry.description}\n"


def _needs(document: Mapping[str, Any], *, needs_account: bool) -> str:
    nothing = "Nothing but the account.\n" if needs_account else "Nothing.\n"
    return f"**Needs**\n\n{input_table(document) or nothing}"


def _gives(document: Mapping[str, Any]) -> str:
    ports: Mapping[str, Any] = document["x-ports"]
    told = ["**Gives back**\n"]
    for port, schema in ports.items():
        if "x-when" in schema and port != document["x-main-port"]:
            told.append(f"At `{port}`, {_when(schema)}: {holds(schema, document)}.\n")
            continue
        if len(ports) > 1:
            told.append(f"At `{port}`:\n")
        about = resolved(schema, document).get("description", DEPENDS)
        told.append(output_table(schema, document) or f"{about}\n")
    samples: Mapping[str, Mapping[str, Any]] = document["x-samples"]
    for name, sample in [*samples.items()][:1]:
        shown = {key: each for key, each in sample.items() if each not in (None, [], {})}
        about = [name] if name != document["x-main-port"] else []
        about += [] if shown == sample else ["what is empty is left out"]
        words = f" ({'; '.join(about)})" if about else ""
        text = json.dumps(shown, indent=2, ensure_ascii=False)
        told.append(f"For example{words}:\n\n```json\n{text}\n```\n")
    return "\n".join(told)


def _when(port: Mapping[str, Any]) -> str:
    """Say with which values of which fields anything leaves at a port."""
    told = [
        f"when `{field}` is {' or '.join(f'`{json.dumps(each)}`' for each in values)}"
        for field, values in port["x-when"].items()
    ]
    return " and ".join(told).replace('"', "")


def _objects(connector: Described) -> str:
    found = dict[str, str]()
    for document in connector.documents.values():
        for name, schema in objects_of(document).items():
            text = f"{schema.get('description', '')}\n\n{output_table(schema, document)}"
            if found.setdefault(name, text) != text:
                raise PageError(f"two objects of {connector.manifest.id} are called {name}")
    sections = [f"### {name}\n\n{text}" for name, text in sorted(found.items())]
    return "\n".join(["## Objects inside the fields\n", *sections]) if sections else ""


def _configuration(manifest: Manifest) -> str:
    rows = ["| Key | Variable | Meaning |", "| --- | --- | --- |"]
    for key in manifest.configuration:
        told = [f"{key.label}. {key.description}"]
        told += ["Needed."] if key.required else []
        told += ["Kept secret."] if key.secret else []
        told += [f"Without a value: `{key.default}`."] if key.default else []
        rows.append(f"| `{key.name}` | `{key.environment}` | {' '.join(told)} |")
    return "".join(f"{row}\n" for row in rows)
