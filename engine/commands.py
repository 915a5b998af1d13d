"""The commands of `appmixer`. What is heavy is imported by the command that needs it."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from .settings import DEFAULT_HOST, DEFAULT_PORT

if TYPE_CHECKING:
    from .remote import Remote

DEFAULT_SANDBOX_PORT = 8322
CONNECT_PATIENCE_S = 600.0
CONNECT_POLL_S = 1.0

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Runs flows, and looks after the engine that runs them.",
)
flow = typer.Typer(no_args_is_help=True, help="Deploy, start, stop and list flows.")
config = typer.Typer(no_args_is_help=True, help="The connectors' configuration.")
app.add_typer(flow, name="flow")
app.add_typer(config, name="config")

Data = Annotated[
    Path | None, typer.Option(help="The engine's data folder.", envvar="APPMIXER_DATA")
]
Url = Annotated[str | None, typer.Option(help="Where the engine answers.", envvar="APPMIXER_URL")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
Host = Annotated[str, typer.Option(help="The address to listen at.")]


@app.command()
def up(
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Also run a simulated service and show the main job.")
    ] = False,
    once: Annotated[
        bool, typer.Option("--once", help="With --sandbox: end after the main job.")
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(help="Where everything is kept (.data; with --sandbox a temporary folder)."),
    ] = None,
    database_url: Annotated[
        str | None, typer.Option(help="A PostgreSQL database instead of SQLite in the data folder.")
    ] = None,
    host: Host = DEFAULT_HOST,
    port: Annotated[int, typer.Option(help="The engine's port.")] = DEFAULT_PORT,
    sandbox_port: Annotated[int, typer.Option(help="The sandbox's port.")] = DEFAULT_SANDBOX_PORT,
) -> None:
    """Run the engine until Ctrl-C."""
    from .contract import ConnectorError
    from .server import up as serve
    from .server import up_with_sandbox
    from .settings import read_settings
    from .start_errors import StartError

    if once and not sandbox:
        raise typer.BadParameter("--once belongs to --sandbox.")
    # A demonstration touches nothing that the environment names for the real engine.
    environment = {
        key: value
        for key, value in os.environ.items()
        if not sandbox or key not in ("APPMIXER_DATA", "APPMIXER_DATABASE_URL")
    }
    settings = read_settings(
        data=data, database_url=database_url, host=host, port=port, environment=environment
    )
    try:
        if sandbox:
            keeps_data = data is not None
            work = up_with_sandbox(settings, sandbox_port, _say, once=once, keeps_data=keeps_data)
        else:
            work = serve(settings, _say)
        raise typer.Exit(_run(work))
    except (StartError, ConnectorError) as error:
        _fail(str(error))


@app.command(
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def sandbox(context: typer.Context) -> None:
    """Run only the simulated service, or speak with one that runs: sandbox --help tells how."""
    from importlib.metadata import entry_points

    found = list(entry_points(group="appmixer.sandboxes"))
    if not found:
        _fail("No sandbox is installed.")
    # It has a command line of its own, with its own options and exit codes.
    found[0].load().run_command(context.args)


@app.command()
def components(as_json: AsJson = False) -> None:
    """List the installed components, without loading their code."""
    from .contract import load_connectors

    manifests = [each.manifest for each in load_connectors().values()]
    if as_json:
        shown = [manifest.model_dump(mode="json", by_alias=True) for manifest in manifests]
        _print_json({"connectors": shown})
        return
    for manifest in manifests:
        _say(f"{manifest.label} {manifest.version} ({manifest.id})")
        groups = dict.fromkeys(entry.group for entry in manifest.components)
        for group in groups:
            _say(f"\n  {group}")
            entries = [entry for entry in manifest.components if entry.group == group]
            _table([[entry.name, entry.kind, entry.description] for entry in entries], indent=4)


@app.command()
def validate(
    path: Annotated[
        Path, typer.Argument(help="A flow, a manifest or a connector's folder.")
    ] = Path(),
    as_json: AsJson = False,
) -> None:
    """Check a flow, a manifest or a connector's folder, and name every fault."""
    from .checking import find_faults

    kind, faults = find_faults(path)
    if as_json:
        listed = [{"path": fault.path, "text": fault.text} for fault in faults]
        _print_json({"kind": kind, "valid": not faults, "errors": listed})
    elif faults:
        for fault in faults:
            _say(f"{fault}")
        _say(f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in this {kind}.")
    else:
        _say(f"This {kind} is valid.")
    if faults:
        raise typer.Exit(1)


@flow.command("deploy")
def deploy_flow(
    file: Annotated[Path, typer.Argument(help="The flow document.")],
    flow_id: Annotated[
        str | None, typer.Option("--id", help="The flow's id; the file's name unless given.")
    ] = None,
    start: Annotated[bool, typer.Option("--start", help="Start it as well.")] = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """Store a flow as a new version."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        _fail(f"{file} cannot be read: {error}")
    name = flow_id or file.name.removesuffix(".json").removesuffix(".flow").replace("_", "-")
    stored = _call(url, data, "PUT", f"/api/flows/{name}", document)
    _say(f"{name}: version {stored['version']} of {stored['name']} is stored.")
    if start:
        _start(url, data, name)


@flow.command("start")
def start_flow(flow_id: str, url: Url = None, data: Data = None) -> None:
    """Start a flow's newest version."""
    _start(url, data, flow_id)


@flow.command("stop")
def stop_flow(flow_id: str, url: Url = None, data: Data = None) -> None:
    """Stop a flow; its runs under way go on."""
    _call(url, data, "POST", f"/api/flows/{flow_id}/stop")
    _say(f"{flow_id} is stopped.")


@flow.command("list")
def list_flows(as_json: AsJson = False, url: Url = None, data: Data = None) -> None:
    """List your flows."""
    flows = _call(url, data, "GET", "/api/flows")["flows"]
    if as_json:
        _print_json({"flows": flows})
        return
    rows = [[each["id"], each["state"], f"v{each['version']}", each["name"]] for each in flows]
    _table(rows) if rows else _say("There are no flows yet; deploy one.")


@flow.command("runs")
def list_runs(
    flow_id: str,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    as_json: AsJson = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """List a flow's newest runs."""
    from urllib.parse import quote

    runs = _call(url, data, "GET", f"/api/runs?flowId={quote(flow_id)}&limit={limit}")["runs"]
    if as_json:
        _print_json({"runs": runs})
        return
    rows = [
        [
            each["id"],
            each["status"],
            each["startedAt"],
            each["error"]["title"] if each["error"] else "",
        ]
        for each in runs
    ]
    _table(rows) if rows else _say(f"{flow_id} has no runs.")


@app.command()
def connect(
    name: Annotated[str, typer.Argument(help="What flows call the account.")] = "",
    service: Annotated[
        str | None, typer.Option(help="The connector's id; the only one unless given.")
    ] = None,
    token: Annotated[
        bool, typer.Option("--token", help="Ask for an access token instead of opening a browser.")
    ] = False,
    browser: Annotated[bool, typer.Option(help="Open the login page.")] = True,
    url: Url = None,
    data: Data = None,
) -> None:
    """Connect an account: in the browser, or with an access token read from the terminal."""
    connectors = _call(url, data, "GET", "/api/components")["connectors"]
    by_id = {each["id"]: each for each in connectors}
    chosen = service or (next(iter(by_id)) if len(by_id) == 1 else "")
    if chosen not in by_id:
        raise typer.BadParameter(f"Choose --service from: {', '.join(sorted(by_id))}.")
    if token:
        secret = typer.prompt("Access token", hide_input=True)
        content = {"service": chosen, "name": name, "accessToken": secret}
        account = _call(url, data, "POST", "/api/accounts", content)
    else:
        account = _connect_in_browser(
            by_id[chosen]["auth"]["service"], name, url, data, opens=browser
        )
    _say(f"Account {account['name']} is connected.")


@app.command()
def link(url: Url = None, data: Data = None) -> None:
    """Print a link that opens the engine's page, once."""
    _say(_call(url, data, "POST", "/api/links", {"path": "/"})["url"])


@config.command("set")
def set_config(
    service: Annotated[str, typer.Argument(help="The connector's id.")],
    key: str,
    value: Annotated[
        str, typer.Argument(help="The value; - reads it from standard input, for secrets.")
    ],
    url: Url = None,
    data: Data = None,
) -> None:
    """Set a configuration key: at the running engine, or else in the data folder."""
    given = sys.stdin.read().strip() if value == "-" else value
    shown, where = _configure(url, data, service, key, given)
    _say(f"{service} {key} is set {where}.")
    if shown["source"] == "environment":
        _say(f"{shown['environment']} is set as well, and wins.")


@config.command("get")
def get_config(
    service: str, key: str, as_json: AsJson = False, url: Url = None, data: Data = None
) -> None:
    """Show one key; of a secret only whether it is set."""
    keys = _configuration(url, data, service)
    if key not in keys:
        _fail(f"{service} has no key {key!r}; its keys are: {', '.join(keys)}.")
    _print_json(keys[key]) if as_json else _say(_shown_value(keys[key]))


@config.command("list")
def list_config(
    service: Annotated[str | None, typer.Argument(help="The connector's id.")] = None,
    as_json: AsJson = False,
    url: Url = None,
    data: Data = None,
) -> None:
    """List all keys, with where their values come from."""
    connectors = _call(url, data, "GET", "/api/configuration")["connectors"]
    connectors = [each for each in connectors if service in (None, each["service"])]
    if as_json:
        _print_json({"connectors": connectors})
        return
    for connector in connectors:
        _say(connector["service"])
        _table(
            [[key["key"], key["source"], _shown_value(key)] for key in connector["keys"]], indent=2
        )


@app.command()
def doctor(as_json: AsJson = False, url: Url = None, data: Data = None) -> None:
    """Look at the engine, its configuration and your accounts, and say what does not hold."""
    from .diagnosis import diagnose
    from .remote import RemoteError

    try:
        checks = diagnose(_remote(url, data))
    except RemoteError as error:
        _fail(str(error))
    if as_json:
        _print_json({"checks": checks})
    for check in () if as_json else checks:
        _say(f"{'✓' if check['holds'] else '✗'} {check['name']}: {check['finding']}")
        if not check["holds"] and check["cure"]:
            _say(f"  → {check['cure']}")
    if not all(check["holds"] for check in checks):
        raise typer.Exit(1)


def _start(url: str | None, data: Path | None, flow_id: str) -> None:
    started = _call(url, data, "POST", f"/api/flows/{flow_id}/start")
    _say(f"{flow_id} is {started['state']}, version {started['runningVersion']}.")


def _connect_in_browser(
    service: str, name: str, url: str | None, data: Path | None, *, opens: bool
) -> Mapping[str, Any]:
    import webbrowser
    from urllib.parse import quote

    before = {_version(each) for each in _call(url, data, "GET", "/api/accounts")["accounts"]}
    path = f"/auth/{service}/start?name={quote(name)}"
    address = _call(url, data, "POST", "/api/links", {"path": path})["url"]
    _say(f"Open this link and follow the dialog:\n{address}")
    if opens:
        webbrowser.open(address)
    deadline = time.monotonic() + CONNECT_PATIENCE_S
    while time.monotonic() < deadline:
        for account in _call(url, data, "GET", "/api/accounts")["accounts"]:
            if _version(account) not in before and account["state"] == "connected":
                return dict(account)
        time.sleep(CONNECT_POLL_S)
    _fail("Nobody finished the login within ten minutes. Start again.")


def _version(account: Mapping[str, Any]) -> tuple[str, str, str]:
    return account["id"], account["tokenSince"], account["state"]


def _configure(
    url: str | None, data: Path | None, service: str, key: str, value: str
) -> tuple[Mapping[str, Any], str]:
    from .contract import ConnectorError
    from .refusals import NotFoundError
    from .remote import RemoteError, UnreachableError

    try:
        remote = _remote(url, data)
        content = {"value": value}
        shown = remote.call("PUT", f"/api/configuration/{service}/{key}", content)
        return shown, f"at {remote.url}"
    except UnreachableError as error:
        if url is not None:
            _fail(str(error))
    except RemoteError as error:
        from .api_token import read_token

        if url is not None or read_token(_folder(data), os.environ):
            _fail(str(error))
    from .offline import set_offline
    from .start_errors import StartError

    try:
        shown = _run(set_offline(_folder(data), service, key, value))
    except (ConnectorError, NotFoundError, StartError) as error:
        _fail(str(error))
    return shown, f"in the data folder {_folder(data)} (no engine is running)"


def _configuration(url: str | None, data: Path | None, service: str) -> dict[str, Any]:
    described = _call(url, data, "GET", f"/api/configuration/{service}")
    return {key["key"]: key for key in described["keys"]}


def _folder(data: Path | None) -> Path:
    return data or Path(".data")


def _remote(url: str | None, data: Path | None) -> Remote:
    from .remote import open_remote

    return open_remote(url, data, os.environ)


def _call(url: str | None, data: Path | None, method: str, path: str, content: Any = None) -> Any:
    from .remote import RemoteError

    try:
        return _remote(url, data).call(method, path, content)
    except RemoteError as error:
        _fail(str(error))


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    try:
        import uvloop
    except ModuleNotFoundError:
        # There is none for Windows.
        import asyncio

        return asyncio.run(work)
    return uvloop.run(work)


def _shown_value(key: Mapping[str, Any]) -> str:
    if not key["isSet"]:
        return "(required, not set)" if key["isRequired"] else "(not set)"
    return "(set)" if key["isSecret"] else str(key["value"])


def _say(text: str) -> None:
    typer.echo(text)


def _fail(text: str) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(1)


def _print_json(content: Any) -> None:
    _say(json.dumps(content, indent=2, ensure_ascii=False))


def _table(rows: Iterable[Sequence[str]], indent: int = 0) -> None:
    cells = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        _say(" " * indent + line.rstrip())
