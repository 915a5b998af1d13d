"""`appmixer sandbox`: serves a sandbox, and speaks with one that runs."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from ..documents.examples import examples
from ..protocol.shapes import Json
from .filters import FilterError, Filters
from .remote import Remote, RemoteError

DEFAULT_PORT = 8322
DEFAULT_URL = f"http://127.0.0.1:{DEFAULT_PORT}"
PATIENCE_S = 30.0
POLL_S = 0.05

app = typer.Typer(
    pretty_exceptions_enable=False,
    invoke_without_command=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Serves the simulated service; its commands speak with one that runs.",
)

Url = Annotated[
    str, typer.Option("--url", help="Where the sandbox answers.", envvar="APPMIXER_SANDBOX_URL")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line, for scripts.")]


def run_command(arguments: list[str]) -> NoReturn:
    """Run one command line and exit: 0 done, 1 failed, 2 wrong usage."""
    # In the background of a script SIGINT comes ignored, and what goes on would never end by it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    app(args=arguments, prog_name="appmixer sandbox")
    raise SystemExit(0)


@app.callback()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.")] = DEFAULT_PORT,
    state: Annotated[
        Path | None, typer.Option(help="A file in which the world survives a restart.")
    ] = None,
    world: Annotated[
        Path | None, typer.Option(help="A world document to begin with instead of the seed.")
    ] = None,
) -> None:
    """Serve a sandbox until Ctrl-C, or speak with one that runs."""
    if context.invoked_subcommand is None:
        from .serving import serve_until_interrupted

        raise typer.Exit(serve_until_interrupted(host, port, state=state, world=world))


@app.command()
def listen(
    forward_to: Annotated[str, typer.Option("--forward-to", help="Your webhook endpoint.")],
    fields: Annotated[
        str | None, typer.Option(help="Webhook fields, with commas between; all unless given.")
    ] = None,
    verify_token: Annotated[
        str | None, typer.Option(help="For the handshake; the seeded token unless given.")
    ] = None,
    subscribe: Annotated[
        bool, typer.Option(help="Subscribe all accounts of the sandbox to the app as well.")
    ] = True,
    url: Url = DEFAULT_URL,
) -> None:
    """Forward the sandbox's webhooks to an endpoint, and show each of them."""
    choice: Json = {"callbackUrl": forward_to, "subscribe": subscribe}
    if fields is not None:
        choice["fields"] = [name.strip() for name in fields.split(",") if name.strip()]
    if verify_token is not None:
        choice["verifyToken"] = verify_token
    with _remote(url) as remote, _stopped_by_signals():
        former = remote.get("webhook")
        answer = remote.post("webhook", choice)
        if not answer["verified"]:
            raise RemoteError(f"{forward_to} was not accepted: {answer['reason']}.")
        _say(f"Webhooks go to {forward_to}. Ctrl-C ends it.")
        try:
            for kind, told in remote.events():
                if kind == "webhook" and told["url"] == forward_to and told["state"] != "sending":
                    _say(_webhook_line(told))
        finally:
            _restore(remote, former)


@app.command()
def trigger(
    event: Annotated[str, typer.Argument(help="An event's name; --list has all.")] = "",
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="PATH=VALUE: replace what is there.")
    ] = None,
    additions: Annotated[
        list[str] | None, typer.Option("--add", help="PATH=VALUE: add what is not there.")
    ] = None,
    removals: Annotated[
        list[str] | None, typer.Option("--remove", help="PATH: take it out.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="Phone number id.")] = None,
    person: Annotated[str | None, typer.Option(help="A person's number or user id.")] = None,
    verbatim: Annotated[
        bool, typer.Option("--verbatim", help="As documented, ids and times included.")
    ] = False,
    listing: Annotated[bool, typer.Option("--list", help="Show the events there are.")] = False,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
) -> None:
    """Send any webhook that Meta documents."""
    if listing == bool(event):
        raise typer.BadParameter("Name an event, or ask for --list.")
    if listing:
        _list_events(as_json=as_json)
        return
    with _remote(url) as remote:
        wanted: Json = {
            "event": event,
            "set": dict(_pair(each, "--set") for each in changes or ()),
            "add": dict(_added(each) for each in additions or ()),
            "remove": removals or [],
            "to": to,
            "person": person,
            "verbatim": verbatim,
        }
        sent = remote.post("trigger", wanted)
    if as_json:
        _print_json(sent)
    else:
        apps = f"{sent['apps']} app{'s' if sent['apps'] > 1 else ''}"
        _say(f"{sent['event']} goes to {apps} as {sent['field']}.")


@app.command()
def resend(
    delivery_id: Annotated[str, typer.Argument(help="A delivery's id, as tail shows it.")],
    url: Url = DEFAULT_URL,
) -> None:
    """Send a webhook again, to the byte."""
    with _remote(url) as remote:
        again = remote.post(f"webhooks/{delivery_id}/resend")
        deadline = time.monotonic() + PATIENCE_S
        while again["state"] == "sending" and time.monotonic() < deadline:
            time.sleep(POLL_S)
            again = remote.get(f"webhooks/{again['id']}")
        _say(_webhook_line(again))
        if again["state"] != "delivered":
            raise typer.Exit(1)


@app.command()
def tail(
    filters: Annotated[
        list[str] | None,
        typer.Option("--filter", help="NAME=VALUE: kind, method, path, status, field, state."),
    ] = None,
    as_json: AsJson = False,
    url: Url = DEFAULT_URL,
) -> None:
    """Show Graph calls and webhooks as they happen."""
    try:
        wanted = Filters.read(filters or [])
    except FilterError as wrong:
        raise typer.BadParameter(str(wrong)) from None
    with _remote(url) as remote, _stopped_by_signals():
        for kind, told in remote.events():
            if wanted.take(kind, told):
                _show_event(kind, told, as_json=as_json)


@app.command()
def reset(url: Url = DEFAULT_URL) -> None:
    """Take the sandbox back to where it began."""
    with _remote(url) as remote:
        remote.post("reset")
    _say("The sandbox is as it was at its start.")


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="A world document.")],
    mode: Annotated[str, typer.Option(help="replace or add.")] = "replace",
    url: Url = DEFAULT_URL,
) -> None:
    """Give the sandbox another world, or more to the one it has."""
    try:
        document: Any = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as failed:
        raise _failure(f"{file} cannot be read: {failed}") from None
    with _remote(url) as remote:
        remote.post(f"world?mode={mode}", document)
    _say(f"{file.name} is loaded.")


@contextmanager
def _remote(url: str) -> Generator[Remote]:
    """The sandbox to speak with; what it refuses ends the command with its sentence."""
    try:
        with Remote(url) as remote:
            yield remote
    except RemoteError as refused:
        raise _failure(str(refused)) from None


@contextmanager
def _stopped_by_signals() -> Generator[None]:
    """Ctrl-C, or being asked to end, is how these commands are meant to end."""

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGTERM, stop)
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, former)


def _restore(remote: Remote, former: Json) -> None:
    # A sandbox that is gone has nothing to be put right.
    with suppress(RemoteError):
        if former["callbackUrl"] is None:
            remote.delete("webhook")
            return
        kept = {name: former[name] for name in ("appId", "callbackUrl", "verifyToken", "fields")}
        remote.post("webhook", {**kept, "handshake": False})


def _pair(text: str, option: str) -> tuple[str, str]:
    path, equals, value = text.partition("=")
    if not (path and equals):
        raise typer.BadParameter(f"{option} takes PATH=VALUE, not {text!r}.")
    return path.strip(), value


def _added(text: str) -> tuple[str, object]:
    """Nothing is there to say what it should be: JSON where it is JSON, else a text."""
    path, value = _pair(text, "--add")
    try:
        read: object = json.loads(value)
    except ValueError:
        return path, value
    return path, read


def _list_events(*, as_json: bool) -> None:
    known = examples().values()
    if as_json:
        _print_json({"events": [asdict(each) for each in known]})
        return
    width = max(len(each.name) for each in known)
    for each in known:
        _say(f"{each.name:<{width}}  {each.description}")


def _show_event(kind: str, told: Json, *, as_json: bool) -> None:
    if as_json:
        _say(json.dumps({"kind": kind, **told}))
    elif kind == "call":
        _say(_call_line(told))
    elif told["state"] != "sending":
        _say(_webhook_line(told))


def _call_line(call: Json) -> str:
    answer = call["status"] or "broken off"
    more = f"  error {call['errorCode']}" if call["errorCode"] is not None else ""
    more += f"  fault {call['fault']}" if call["fault"] is not None else ""
    duration = f"{call['durationMs']:.1f} ms"
    return f"{_moment(call['at'])}  {call['method']} {call['path']}  {answer}  {duration}{more}"


def _webhook_line(delivery: Json) -> str:
    last = delivery["attempts"][-1] if delivery["attempts"] else None
    at = delivery["createdAt"] if last is None else last["at"]
    answer = "" if last is None else f" {last['status'] or last['error']}"
    return (
        f"{_moment(at)}  webhook {delivery['id']}  {delivery['summary']}  "
        f"{delivery['state']}{answer}  {delivery['url']}"
    )


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S.%f")[:-3]


def _say(text: str) -> None:
    typer.echo(text)


def _print_json(content: Json) -> None:
    _say(json.dumps(content, indent=2))


def _failure(text: str) -> typer.Exit:
    typer.echo(text, err=True)
    return typer.Exit(1)
