"""`appmixer components`, `component test` and `validate`: for who writes components and flows."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from . import completion
from .output import AsJson, counted, fail, misuse, print_json, say, table, warn
from .reach import Data, Url, call, segment
from .runs import error_lines, fate_word

if TYPE_CHECKING:
    from ..contract import Manifest

STANDARD_INPUT = "-"
FAILED = "failed"

component = typer.Typer(no_args_is_help=True, help="Try a component out.")


def components(
    name: Annotated[
        str | None,
        typer.Argument(
            help="One of them, to see its fields.",
            show_default=False,
            autocompletion=completion.components,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the installed components, without loading their code; or show the fields of one."""
    from ..contract import load_connectors

    connectors = load_connectors()
    for left_out in connectors.left_out:
        warn(f"{left_out} ({left_out.error})")
    if name is not None:
        _show_component(connectors, name, as_json=as_json)
        return
    manifests = [each.manifest for each in connectors.values()]
    if as_json:
        shown = [manifest.model_dump(mode="json", by_alias=True) for manifest in manifests]
        print_json({"connectors": shown})
        return
    for manifest in manifests:
        _list_components(manifest)


def validate(
    path: Annotated[
        Path, typer.Argument(help="A flow, a manifest or a connector's folder.")
    ] = Path(),
    as_json: AsJson = False,
) -> None:
    """Check a flow, a manifest or a connector's folder, and name every fault."""
    from ..flows.checking import examine

    found = examine(path)
    kind, faults, warnings = found.kind, found.faults, found.warnings
    if as_json:
        errors = [{"path": fault.path, "text": fault.text} for fault in faults]
        hints = [{"path": each.path, "text": each.text} for each in warnings]
        print_json({"kind": kind, "valid": not faults, "errors": errors, "warnings": hints})
    elif faults:
        for fault in faults:
            say(f"{fault}")
        say(f"{counted(len(faults), 'fault')} in this {kind}.")
    else:
        for warning in warnings:
            say(f"Warning: {warning}")
        say(f"This {kind} is valid.")
    if faults:
        raise typer.Exit(1)


def publish(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FOLDER]...",
            help="Folders of connectors; the present one if none is named.",
            show_default=False,
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; end with 1 where a file has to change.")
    ] = False,
) -> None:
    """Write what is generated from a connector's code: schemas, manifest entries, tables."""
    from ..contract.publish import PublishError, stale, told, write
    from ..flows.publish import generated

    try:
        contents = generated(folders or [Path()])
    except PublishError as error:
        fail(str(error))
    if not check:
        say(told(write(contents)))
    elif found := stale(contents):
        fail(f"{told(found)}\nThese are not what the code says. Run: appmixer publish")


@component.command("test")
def try_component(
    name: Annotated[
        str,
        typer.Argument(help="The component's name.", autocompletion=completion.components),
    ],
    given: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE|KEY=VALUE]...",
            help="Its input: a JSON file (- is standard input), and fields one by one.",
            show_default=False,
        ),
    ] = None,
    account: Annotated[
        str | None,
        typer.Option(help="The account's name.", autocompletion=completion.accounts),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the request, and send nothing.")
    ] = False,
    as_json: AsJson = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Let one component do its work once, for real unless --dry-run is given."""
    connectors = call(url, data, "GET", "/api/components")["connectors"]
    schemas = {each["name"]: each["schema"] for of in connectors for each in of["components"]}
    full_name = _full_name(name, schemas)
    values = _read_input(given or [], schemas[full_name])
    content = {"account": account, "input": values, "dryRun": dry_run}
    answer = call(url, data, "POST", f"/api/components/{segment(full_name)}/test", content)
    print_json(answer) if as_json else _say_test(answer)
    fate: Mapping[str, Any] = answer.get("fate") or {"state": ""}
    if FAILED in (answer["status"], fate["state"]):
        raise typer.Exit(1)


def _list_components(manifest: Manifest) -> None:
    say(f"{manifest.label} {manifest.version} ({manifest.id})")
    groups = dict.fromkeys(entry.group for entry in manifest.components)
    for group in groups:
        say(f"\n  {group}")
        entries = [entry for entry in manifest.components if entry.group == group]
        table([[entry.name, entry.kind, entry.description] for entry in entries], indent=4)


def _show_component(connectors: Any, name: str, *, as_json: bool) -> None:
    from ..flows.component_types import component_types

    types = component_types(connectors)
    schema = types[_full_name(name, types)].schema
    if as_json:
        print_json(schema)
        return
    say(f"{schema['title']} ({schema['$id'].rpartition(':')[2]}), {schema['x-kind']}\n")
    required = schema.get("required", [])
    rows = [
        [key, "required" if key in required else "", str(field.get("description", ""))]
        for key, field in schema["properties"].items()
    ]
    table(rows, indent=2) if rows else say("  It has no fields.")
    say(f"\nIts values leave at: {', '.join(schema['x-ports'])}")


def _full_name(name: str, known: Iterable[str]) -> str:
    """Return the full name of a component that is named by it, or by its last part."""
    found = [each for each in known if each == name or each.rpartition(".")[2] == name]
    if len(found) > 1:
        misuse(f"{name} is more than one component: {', '.join(found)}. Give the full name.")
    if not found:
        fail(f"There is no component {name!r}; `appmixer components` lists what there is.")
    return found[0]


def _read_input(given: Iterable[str], schema: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for each in given:
        key, is_field, text = each.partition("=")
        if is_field:
            values[key] = _typed(key, text, schema["properties"].get(key, {}))
        else:
            values |= _read_file(each)
    return values


def _read_file(name: str) -> dict[str, Any]:
    from ..contract import RejectedError
    from ..strict_json import read_json

    try:
        is_piped = name == STANDARD_INPUT
        content = read_json(sys.stdin.buffer.read() if is_piped else Path(name).read_bytes())
    except OSError as error:
        misuse(f"{name} cannot be read: {error.strerror}. Fields are given as KEY=VALUE.")
    except RejectedError as error:
        misuse(f"{name} cannot be used: {error.cause}")
    except ValueError as error:
        misuse(f"{name} is not JSON: {error}.")
    if not isinstance(content, dict):
        misuse(f"{name} has to hold one JSON object, the fields by their names.")
    return cast("dict[str, Any]", content)


def _typed(key: str, text: str, field: Mapping[str, Any]) -> Any:
    """Return a text as it stands where the field takes texts, else as the JSON that it is."""
    kinds = {each.get("type") for each in (field, *field.get("anyOf", ()))} - {None}
    if not kinds or "string" in kinds:
        return text
    from ..contract import RejectedError
    from ..strict_json import read_json

    try:
        return read_json(text.encode())
    except (ValueError, RejectedError):
        misuse(f"{key} takes no text; give its value as JSON, such as true, 5 or '[\"a\"]'.")


def _say_test(answer: Mapping[str, Any]) -> None:
    if "samples" in answer:
        say("A trigger is not tried, but started; this is what it gives:")
        say(json.dumps(answer["samples"], indent=2, ensure_ascii=False))
    elif request := answer.get("request"):
        say("Nothing was sent. It would have been:\n")
        say(f"{request['method']} {request['url']}")
        body = request["body"]
        say(body if isinstance(body, str) else json.dumps(body, indent=2, ensure_ascii=False))
    else:
        _say_outcome(answer)


def _say_outcome(answer: Mapping[str, Any]) -> None:
    reason = f": {answer['reason']}" if answer.get("reason") else ""
    say(f"It is {answer['status']}{reason}.")
    fate: Mapping[str, Any] = answer["fate"] or {"error": None, "reasons": []}
    if answer["fate"]:
        say(f"What it did is {fate_word(fate['state'])}.")
    for reason in fate["reasons"]:
        say(f"  {reason['finding']}\n  → {reason['cure']}")
    for error in filter(None, (answer["error"], fate["error"])):
        for line in error_lines(error):
            say(f"  {line}")
    for port, values in answer["output"].items():
        for value in values:
            say(f"\n{port}\n{json.dumps(value, indent=2, ensure_ascii=False)}")
