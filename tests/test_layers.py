"""Who may import whom, read from the source: relative inside a part, absolute across parts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from appmixer.engine.contract import load_connectors

ROOT = Path(__file__).parents[1]
CONTRACT = "appmixer.engine.contract"
CONNECTOR = "appmixer.whatsapp"
PACKAGES = {
    **{name: f"{CONNECTOR}.{name}" for name in ("auth", "components", "plugin", "schemas")},
    "utilities": "appmixer.utilities",
    "engine": "appmixer.engine",
    "sandbox": "appmixer.sandbox",
    "demo": "appmixer.demo",
}
# Nothing but a host imports the engine proper. The plugin hands out the account provider.
MAY_IMPORT = {
    "auth": {PACKAGES["auth"], PACKAGES["plugin"], CONTRACT},
    "components": {PACKAGES["components"], PACKAGES["auth"], PACKAGES["plugin"], CONTRACT},
    "plugin": {PACKAGES["plugin"], PACKAGES["schemas"], CONTRACT},
    "schemas": set[str](),
    "utilities": {PACKAGES["utilities"], CONTRACT},
    "engine": {PACKAGES["engine"]},
    "sandbox": {PACKAGES["sandbox"]},
    "demo": {PACKAGES["demo"], PACKAGES["sandbox"]},
}
EXCEPTIONS = {
    # The hooks live in the plugin, as the entry point; they load the other parts when asked to.
    ("plugin/__init__.py", f"{CONNECTOR}.auth.provider"),
    # Alembic runs this file by its path, so it lies in no package.
    ("engine/storage/migrations/env.py", "appmixer.engine.storage.tables"),
}
# A room of a part may import the rooms that stand above it and are named beside it.
ROOMS: dict[str, dict[str, set[str]]] = {
    "engine": {
        "__init__": set(),
        "web": set(),
        "contract": set(),
        "times": set(),
        "values": set(),
        "memory": set(),
        "json_text": set(),
        "settings": set(),
        "errors": {"contract"},
        "limits": {"contract", "errors"},
        "strict_json": {"contract", "values"},
        "observe": {"contract", "errors", "limits"},
        "storage": {"contract", "times", "json_text", "settings", "errors", "limits"},
        "accounts": {"contract", "times", "settings", "errors", "observe", "storage"},
        "flows": {
            *{"contract", "times", "values", "errors", "limits", "strict_json"},
            *{"observe", "storage", "accounts"},
        },
        "runs": {
            *{"contract", "times", "values", "errors", "limits"},
            *{"storage", "flows"},
        },
        "events": {
            *{"contract", "times", "json_text", "errors", "limits"},
            *{"observe", "storage", "flows", "runs"},
        },
        "temporal": {"contract", "settings", "errors", "observe", "storage", "runs"},
        "host": {
            *{"contract", "times", "settings", "errors", "limits"},
            *{"observe", "storage", "accounts", "flows", "runs", "events", "temporal"},
        },
        "api": {
            *{"contract", "times", "values", "settings", "errors", "strict_json"},
            *{"observe", "storage", "accounts", "flows", "runs", "events", "temporal", "host"},
        },
        "cli": {
            *{"contract", "memory", "values", "settings", "errors", "strict_json"},
            *{"storage", "accounts", "flows", "host", "api"},
        },
    },
    "plugin": {
        "foreign_json": set(),
        "configuration": set(),
        "graph": {"foreign_json", "configuration"},
        "people": {"foreign_json"},
        "webhook": {"foreign_json", "configuration", "graph"},
        "ledgers": {"foreign_json", "graph", "people"},
        "setup": {"foreign_json", "configuration", "graph", "webhook", "ledgers"},
        "whatsapp": {"configuration", "graph", "webhook", "ledgers", "setup"},
        "fields": {"foreign_json", "graph", "ledgers", "setup", "whatsapp"},
        "media": {"foreign_json", "ledgers", "fields"},
        "templates": {"foreign_json", "ledgers", "fields", "media"},
        "sending": {
            *{"foreign_json", "graph", "people", "ledgers", "fields", "setup", "templates"},
        },
        "numbers": {"foreign_json", "graph", "people", "fields"},
        "interactive": {"foreign_json", "people", "ledgers", "media", "fields", "sending"},
        "orders": {"foreign_json", "fields", "sending"},
        "template_drafts": {"foreign_json", "fields", "media", "templates"},
        "triggers": {"foreign_json", "graph", "people", "webhook", "setup", "fields", "media"},
        "__init__": {"configuration", "graph", "whatsapp"},
    },
    "utilities": {
        "__init__": set(),
        "named_values": set(),
        "patterns": set(),
        "rules": {"patterns"},
        "begin": {"named_values"},
        "decide": {"named_values", "rules"},
        "reach": set(),
        "moments": {"rules"},
        "pace": {"moments"},
        "keep": {"moments"},
        "utilities": {"reach"},
        "plugin": {"reach", "utilities"},
    },
    "sandbox": {
        "__init__": set(),
        "fixtures": set(),
        "protocol": {"fixtures"},
        "world": {"fixtures", "protocol"},
        "documents": {"fixtures", "protocol", "world"},
        "behaviour": {"fixtures", "protocol", "world", "documents"},
        "state": {"protocol", "world", "behaviour"},
        "controls": {"protocol", "world", "documents", "behaviour"},
        "gateway": {"protocol", "world", "behaviour", "state", "controls"},
        "cli": {"protocol", "world", "documents", "behaviour", "state", "gateway"},
        "testing": {"protocol", "world", "gateway"},
        "embedded": {"protocol", "world", "documents", "behaviour", "testing"},
        "pytest_plugin": {"embedded"},
        "__main__": {"cli"},
    },
    "sandbox/behaviour": {
        "__init__": set(),
        "call": set(),
        "route": {"call"},
        "login": {"call", "route"},
        "media": {"call", "route"},
        "templates": {"call", "route", "media"},
        "messages": {"call", "route", "media", "templates"},
        "people": {"media", "messages"},
        "accounts": {"call", "route", "login", "media"},
        "calling": {"call", "route", "messages", "accounts"},
        "flows": {"call", "route", "accounts"},
        "groups": {"call", "route", "accounts"},
        "webhooks": {"call", "route", "media", "messages"},
    },
}
COMPONENT_MODULES = {
    entry.module
    for connector in load_connectors().values()
    for entry in connector.manifest.components
}
# A reader is through with a simple component in a minute.
MAX_LINES = 40
# What makes the others longer.
NOT_SIMPLE = {
    "accounts/list_business_accounts.py": "output",
    "advanced/make_api_call.py": "any call",
    "media/upload_media.py": "input and output",
    "numbers/ensure_registered.py": "output",
    "numbers/get_registration_status.py": "output",
    "templates/list_templates.py": "filters",
    "triggers/account_updated.py": "output",
    "triggers/flow_completed.py": "output",
    "triggers/message_echoed.py": "output",
    "triggers/message_status_updated.py": "filters",
    "triggers/new_event.py": "any event",
    "triggers/new_order.py": "output",
    "triggers/template_status_updated.py": "output",
    "triggers/user_preference_changed.py": "output",
    "triggers/window_closing_soon.py": "clock",
}
WHATSAPP_WORDS = re.compile(
    r"whatsapp|wamid|waba|facebook|graph api|appsecret_proof|fb_exchange|(?<![a-z])EAA(?![a-z])"
    r"|(?<!<)\bmeta\b",
    re.I,
)
UTILITIES_WORDS = re.compile(
    "|".join(
        rf"\b{name}\b"
        for name in (
            "utilities",
            *(
                entry.name.rpartition(".")[2]
                for entry in load_connectors()["appmixer:utilities"].manifest.components
            ),
        )
        # One word, such as Stop, is everybody's.
        if name.islower() or len(re.findall("[A-Z]", name)) > 1
    )
)


def imports(file: Path, package: str, folder: Path) -> Iterator[tuple[str, bool]]:
    """Yield (absolute name, was written relatively) for every import statement."""
    here = [*package.split("."), *file.relative_to(folder).with_suffix("").parts]
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, False) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: -node.level] if node.level else []
            for module in [node.module] if node.module else [each.name for each in node.names]:
                yield ".".join([*base, module]), node.level > 0


def complaint(name: str, is_relative: bool, folder: str) -> str | None:
    if name.split(".")[0] in PACKAGES and not is_relative:
        return f"{name} is no top-level package"
    if name.split(".")[0] != "appmixer":
        return None
    if not any(name == allowed or name.startswith(f"{allowed}.") for allowed in MAY_IMPORT[folder]):
        return f"{folder} may not import {name}"
    part = CONNECTOR if PACKAGES[folder].startswith(CONNECTOR) else PACKAGES[folder]
    is_inside = name == part or name.startswith(f"{part}.")
    if is_inside != is_relative:
        return f"import {name} {'relatively' if is_inside else 'absolutely'}"
    return None


@pytest.mark.parametrize("folder", PACKAGES)
def test_imports_follow_the_layers(folder: str) -> None:
    complaints = [
        f"{file.relative_to(ROOT)}: {said}"
        for file in sorted((ROOT / folder).rglob("*.py"))
        for name, is_relative in imports(file, PACKAGES[folder], ROOT / folder)
        if (str(file.relative_to(ROOT)), name) not in EXCEPTIONS
        and (said := complaint(name, is_relative, folder))
    ]

    assert complaints == []


@pytest.mark.parametrize(
    ("name", "is_relative", "folder"),
    [
        ("engine.store", False, "components"),
        ("appmixer.engine.storage.store", False, "plugin"),
        ("appmixer.whatsapp.plugin.graph", False, "components"),
        ("appmixer.engine.contract", True, "auth"),
        ("appmixer.whatsapp.plugin", False, "engine"),
        ("appmixer.engine.contract", False, "sandbox"),
        ("appmixer.demo.rehearsal", False, "sandbox"),
        ("appmixer.engine.contract", False, "demo"),
        ("appmixer.whatsapp.components.messages.send_text", True, "plugin"),
        ("appmixer.whatsapp.plugin.graph", False, "utilities"),
        ("appmixer.engine.flows.expressions", False, "utilities"),
        ("appmixer.utilities.decide.set_values", False, "engine"),
        ("appmixer.utilities.decide.set_values", False, "components"),
    ],
)
def test_an_import_against_the_layers_is_named(name: str, is_relative: bool, folder: str) -> None:
    assert complaint(name, is_relative, folder) is not None


def arrows(package: str, folder: Path) -> dict[str, set[str]]:
    """Return the rooms and single modules of a part, each with the others that it imports."""
    found: dict[str, set[str]] = {}
    for file in sorted(folder.rglob("*.py")):
        room = file.relative_to(folder).with_suffix("").parts[0]
        inside = [
            name.removeprefix(f"{package}.").split(".")[0]
            for name, _ in imports(file, package, folder)
            if name.startswith(f"{package}.")
        ]
        found.setdefault(room, set()).update({*inside} - {room})
    return found


@pytest.mark.parametrize("folder", ROOMS)
def test_rooms_import_one_another_as_they_are_drawn(folder: str) -> None:
    part, *rooms = folder.split("/")
    package = ".".join([PACKAGES[part], *rooms])

    assert arrows(package, ROOT / folder) == ROOMS[folder]


@pytest.mark.parametrize("folder", ROOMS)
def test_arrows_between_rooms_point_one_way(folder: str) -> None:
    order = list(ROOMS[folder])
    against = [
        f"{room} -> {other}"
        for position, room in enumerate(order)
        for other in ROOMS[folder][room]
        if other not in order[:position]
    ]

    assert against == []


@pytest.mark.parametrize("statement", ["from ..b.c import d", "from .. import b"])
def test_an_arrow_is_seen_however_it_is_written(tmp_path: Path, statement: str) -> None:
    for name, text in {"a/m.py": statement, "b/c.py": "from . import e", "b/e.py": ""}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")

    assert arrows("part", tmp_path) == {"a": {"b"}, "b": set()}


def test_only_what_stands_on_the_whole_engine_names_it() -> None:
    below = [
        str(file.relative_to(ROOT))
        for file in sorted((ROOT / "engine").rglob("*.py"))
        if file.relative_to(ROOT / "engine").parts[0] not in ("host", "api", "cli")
        if re.search(r"import (.*, )?Engine\b(?! as)", file.read_text("utf-8"))
    ]

    assert [each for each in below if "migrations" not in each] == []


def test_no_component_imports_another() -> None:
    complaints = [
        f"{file.relative_to(ROOT)} imports {name}"
        for folder in ("components", "utilities")
        for file in sorted((ROOT / folder).rglob("*.py"))
        for name, _ in imports(file, PACKAGES[folder], ROOT / folder)
        if name in COMPONENT_MODULES
    ]

    assert complaints == []


def test_a_component_is_short_unless_it_is_known_not_to_be_simple() -> None:
    folder = ROOT / "components"
    long = {
        str(file.relative_to(folder))
        for file in folder.rglob("*.py")
        if len(file.read_text("utf-8").splitlines()) > MAX_LINES
    }

    assert long == {*NOT_SIMPLE}


def test_only_what_works_over_temporal_imports_its_library() -> None:
    others = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in sorted((ROOT / "engine").rglob("*.py"))
        for name, _ in imports(file, PACKAGES["engine"], ROOT / "engine")
        if name.split(".")[0] == "temporalio"
        if file.parent != ROOT / "engine" / "temporal"
    ]

    assert others == []


@pytest.mark.parametrize("words", [WHATSAPP_WORDS, UTILITIES_WORDS], ids=["whatsapp", "utilities"])
def test_the_engine_holds_not_one_word_of_a_connector(words: re.Pattern[str]) -> None:
    complaints = [
        f"{file.relative_to(ROOT)}: {found.group()}"
        for file in sorted((ROOT / "engine").rglob("*.py"))
        if (found := words.search(file.read_text("utf-8")))
    ]

    assert complaints == []
