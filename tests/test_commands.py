"""The commands as a new user meets them, against the demonstration's engine and sandbox."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
import typer.main
from typer.core import TyperGroup

from appmixer.engine.accounts.api_token import read_token
from appmixer.engine.cli.app import app
from appmixer.sandbox.cli.commands import app as sandbox_app

from .ports import free_port
from .shell import COMMAND, DEADLINE_S, Shell

ROOT = Path(__file__).parents[1]
NUMBER, PERSON, STRANGER = "106540352242922", "+16505551234", "+16505559999"


def ignore_interrupts() -> None:
    """Be as what a script starts in the background: Ctrl-C at the script is not for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """`appmixer up --sandbox` in the background of a script, and a shell with what it exports."""
    folder = tmp_path_factory.mktemp("demo")
    shell = Shell(folder / "unused", f"http://127.0.0.1:{free_port()}")
    sandbox_port = str(free_port())
    process = subprocess.Popen(
        [
            *COMMAND,
            *("up", "--sandbox", "--port", shell.url.rpartition(":")[2]),
            *("--sandbox-port", sandbox_port),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env={**shell.environment, "PYTHONUNBUFFERED": "1"},
        preexec_fn=ignore_interrupts,
    )
    try:
        assert process.stdout is not None
        told: list[str] = []
        for line in process.stdout:
            told.append(line)
            if "Serving until" in line:
                break
        exported = re.search(r"^Commands +export (.*)$", "".join(told), re.M)
        assert exported is not None, told
        variables = dict(each.split("=", 1) for each in exported[1].split())
        sandbox = f"http://127.0.0.1:{sandbox_port}"
        yield replace(shell, variables={**variables, "SANDBOX": sandbox})
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE_S) == 0
    finally:
        process.kill()
        process.communicate()


def run(shell: Shell, *arguments: str, given: str = "") -> tuple[int, str, str]:
    return shell.run(*arguments, given=given, is_near=False)


def listed(shell: Shell, *arguments: str) -> Any:
    code, shown, told = run(shell, *arguments, "--json")
    assert code == 0, told
    return json.loads(shown)


def write(shell: Shell, text: str) -> None:
    """Let the sandbox's person write to the business."""
    url = f"{shell.variables['SANDBOX']}/_sandbox/people/{PERSON.strip('+')}/messages"
    httpx.post(url, json={"type": "text", "text": {"body": text}}).raise_for_status()


def test_what_up_prints_lets_every_command_find_its_engine(demo: Shell) -> None:
    assert [each["id"] for each in listed(demo, "flow", "list")["flows"]] == [
        "auto-reply",
        "connection-test",
    ]


def test_the_api_names_the_phone_of_the_sandbox_beside_it(demo: Shell) -> None:
    variables = demo.variables
    token = read_token(Path(variables["APPMIXER_DATA"]), {})

    me = httpx.get(f"{demo.url}/api/me", headers={"Authorization": f"Bearer {token}"}).json()

    page = f"{variables['SANDBOX']}/_sandbox/phone"
    assert me["simulator"] == {"url": page, "label": "Phone"}
    assert httpx.get(page).status_code == 200


def test_tells_its_version(demo: Shell) -> None:
    code, shown, _ = run(demo, "--version")

    assert code == 0
    assert re.fullmatch(r"appmixer \d+\.\d+\.\d+ \(appmixer-whatsapp\)\n", shown)


def test_every_command_tells_what_it_does_after_a_short_h() -> None:
    def paths(group: TyperGroup) -> Iterator[list[str]]:
        for name, command in group.commands.items():
            yield [name]
            if isinstance(command, TyperGroup):
                yield from ([name, *rest] for rest in paths(command))

    codes: dict[str, object] = {}
    for name, line in (("appmixer", app), ("appmixer sandbox", sandbox_app)):
        group = typer.main.get_command(line)
        assert isinstance(group, TyperGroup)
        for path in ([], *paths(group)):
            with pytest.raises(SystemExit) as ended:
                line([*path, "-h"])
            codes[" ".join([name, *path])] = ended.value.code

    assert {"appmixer", "appmixer run show", "appmixer sandbox trigger"} <= set(codes)
    assert {each for each, code in codes.items() if code != 0} == set()


def test_shows_exports_and_deletes_a_flow(demo: Shell, tmp_path: Path) -> None:
    file = tmp_path / "My Flow.json"

    shown = run(demo, "flow", "show", "auto-reply")
    exported = run(demo, "flow", "export", "auto-reply", str(file))
    deployed = run(demo, "flow", "deploy", str(file))
    deleted = run(demo, "flow", "delete", "My-Flow")
    gone = run(demo, "flow", "show", "My-Flow")

    assert [each[0] for each in (shown, exported, deployed, deleted, gone)] == [0, 0, 0, 0, 1]
    assert shown[1].startswith("Auto-reply (auto-reply) is running: version 1, stored 20")
    assert "  reply     appmixer.whatsapp.SendText    acme  after incoming.message\n" in shown[1]
    assert json.loads(file.read_text())["name"] == "Auto-reply"
    assert deployed[1].startswith("My-Flow: version 1 of Auto-reply is stored.\n")
    assert deleted[1] == "My-Flow is removed.\n"
    assert gone[2] == (
        "There is no flow 'My-Flow'. Nothing that you may see goes by this name or id."
        " Check the spelling; lists show what there is.\n"
    )


def test_a_file_of_which_no_id_can_be_made_gets_a_sentence(demo: Shell, tmp_path: Path) -> None:
    file = tmp_path / "日本.json"
    file.write_text("{}")

    of_name = run(demo, "flow", "deploy", str(file))
    of_option = run(demo, "flow", "deploy", str(file), "--id", "My Flow")

    assert (of_name[0], of_option[0]) == (2, 2)
    assert of_name[2].startswith("No id can be made of the name '日本.json'; give one with --id.")
    assert of_option[2].startswith("'My Flow' cannot be an id. An id has up to 100 letters")


@pytest.mark.parametrize(
    ("verb", "flow_id"),
    [
        ("runs", "nosuch"),
        ("show", "My Flow"),
        ("export", "nosuch"),
        ("delete", "a/b"),
        ("start", "a/b"),
        ("stop", "nosuch"),
    ],
)
def test_a_flow_that_is_not_there_is_told_so(demo: Shell, verb: str, flow_id: str) -> None:
    code, shown, told = run(demo, "flow", verb, flow_id)

    assert (code, shown) == (1, "")
    assert told.startswith(f"There is no flow '{flow_id}'")


def test_shows_a_run_by_the_short_id_that_is_listed(demo: Shell) -> None:
    short = run(demo, "flow", "runs", "auto-reply")[1].split()[0]

    code, shown, _ = run(demo, "run", "show", short)

    assert (code, len(short)) == (0, 8)
    assert re.match(rf"Run {short}[0-9a-f]{{24}} of auto-reply, version 1\n", shown)
    assert "  reply (SendText): completed, " in shown
    assert listed(demo, "run", "show", short)["status"] == "completed"


def test_a_run_that_has_ended_is_neither_paused_nor_tried_again(demo: Shell) -> None:
    short = run(demo, "flow", "runs", "auto-reply")[1].split()[0]

    answers = [run(demo, "run", verb, short) for verb in ("cancel", "pause", "resume", "retry")]

    assert [(code, shown) for code, shown, _ in answers] == [(1, "")] * 4
    assert [told.splitlines()[0] for *_, told in answers] == [
        "There is nothing to cancel. It is completed: everything was done.",
        "There is nothing to pause. It is completed: everything was done.",
        "The run is not paused. It is completed: everything was done.",
        "No step has failed. There is nothing to do again.",
    ]


def test_begins_a_run_now_with_the_values_of_a_file(demo: Shell, tmp_path: Path) -> None:
    earlier = listed(demo, "flow", "runs", "auto-reply")["runs"][0]["id"]
    heard = listed(demo, "run", "show", earlier)["steps"][0]["output"]["message"][0]
    file, wrong = tmp_path / "values.json", tmp_path / "wrong.json"
    file.write_text(json.dumps(heard), "utf-8")
    wrong.write_text("[1]", "utf-8")

    code, told, _ = run(demo, "flow", "run", "auto-reply", "--values", str(file))
    refused = run(demo, "flow", "run", "auto-reply")
    no_object = run(demo, "flow", "run", "auto-reply", "--values", str(wrong))

    short = told.split()[1]
    assert (code, told.splitlines()[0]) == (0, f"Run {short} of auto-reply, version 1, has begun.")
    assert run(demo, "run", "show", short, "--follow")[0] == 0
    assert listed(demo, "run", "show", short)["eventId"] is None
    assert (refused[0], "values." in refused[2]) == (1, True)
    assert (no_object[0], "has to hold a JSON object" in no_object[2]) == (1, True)


def test_a_run_that_was_begun_like_another_says_so(demo: Shell) -> None:
    earlier = listed(demo, "flow", "runs", "auto-reply")["runs"][-1]["id"]
    token = read_token(Path(demo.variables["APPMIXER_DATA"]), {})
    begun = httpx.post(
        f"{demo.url}/api/flows/auto-reply/run",
        json={"like": earlier},
        headers={"Authorization": f"Bearer {token}"},
    ).json()

    shown = [run(demo, "run", "show", each)[1] for each in (earlier, begun["runId"])]

    assert ["Replay" in each for each in shown] == [False, True]
    assert f"\nReplay of run {earlier}\n" in shown[1]


def test_follows_a_run_to_its_failure_with_cause_and_cure(demo: Shell, tmp_path: Path) -> None:
    document = listed(demo, "flow", "show", "auto-reply")["document"]
    document["components"]["reply"]["input"]["to"] = STRANGER
    file = tmp_path / "to_a_stranger.flow.json"
    file.write_text(json.dumps(document))
    assert run(demo, "flow", "deploy", str(file), "--start")[0] == 0
    write(demo, "Hello?")
    deadline = time.monotonic() + DEADLINE_S
    while not (runs := listed(demo, "flow", "runs", "to-a-stranger")["runs"]):
        assert time.monotonic() < deadline

    code, shown, _ = run(demo, "run", "show", runs[0]["id"][:12], "--follow")
    listing = run(demo, "flow", "runs", "to-a-stranger")[1]
    again = run(demo, "run", "retry", runs[0]["id"])
    _, shown_again, _ = run(demo, "run", "show", runs[0]["id"], "--follow")
    run(demo, "flow", "delete", "to-a-stranger")

    assert code == 1
    assert "  reply (SendText): failed, " in shown
    assert again[:2] == (
        0,
        f"Run {runs[0]['id']} is running. One step is done again, with what its path saw.\n",
    )
    assert ", attempt 2\n" in shown_again
    assert "allowed list (code 131030)" in shown
    assert "    → The Meta app is in Development mode." in shown
    assert re.search(r"^It is failed, 20.*\.$", shown, re.M)
    assert "allowed list" in listing


def test_lists_events_and_replays_one(demo: Shell) -> None:
    events = listed(demo, "event", "list", "--flow", "auto-reply")["events"]
    waiting = listed(demo, "event", "list", "--unrouted")["events"]
    before = listed(demo, "flow", "runs", "auto-reply")["runs"]

    code, shown, _ = run(demo, "event", "replay", str(events[-1]["id"]))
    refused = run(demo, "event", "replay", str(events[-1]["id"]))
    again = run(demo, "event", "replay", str(events[-1]["id"]), "--again")
    nobody = run(demo, "event", "replay", str(waiting[0]["id"]))
    wrong = run(demo, "event", "replay", "first")

    [started] = re.findall(r"started 1 run: ([0-9a-f]{8})\n", shown)
    assert code == 0
    assert started not in {each["id"][:8] for each in before}
    assert run(demo, "run", "show", started, "--follow")[0] == 0
    assert (refused[0], refused[2][:38]) == (1, "The event has been replayed already. m")
    assert "--again" in refused[2]
    assert (again[0], "started 1 run: " in again[1]) == (0, True)
    assert (nobody[0], "No flow of yours that runs now takes event" in nobody[2]) == (1, True)
    assert (wrong[0], wrong[2][:34]) == (2, "'first' is no event's number; `app")


def test_tries_a_component_with_fields_from_files_and_from_the_line(
    demo: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "input.json"
    file.write_text(json.dumps({"phoneNumberId": NUMBER, "to": PERSON, "text": "from the file"}))
    named = ("component", "test", "SendText", "--account", "acme")

    dry = run(demo, *named, str(file), "text=5", "previewUrl=true", "--dry-run")
    real = run(demo, *named, "-", given=file.read_text())
    failed = run(demo, *named, str(file), f"to={STRANGER}")
    sample = run(demo, "component", "test", "NewMessage")
    untyped = run(demo, *named, "previewUrl=perhaps")
    lacking = run(demo, *named, f"to={PERSON}")
    unknown = run(demo, "component", "test", "SendTxt")

    codes = [each[0] for each in (dry, real, failed, sample, untyped, lacking, unknown)]
    assert codes == [0, 0, 1, 0, 2, 1, 1]
    assert dry[1].startswith("Nothing was sent. It would have been:\n\nPOST http://127.0.0.1:")
    assert '"body": "5",\n    "preview_url": true' in dry[1]
    assert (real[1][:14], '"status": "accepted"' in real[1]) == ("It is complete", True)
    assert "allowed list (code 131030)" in failed[1]
    assert sample[1].startswith("A trigger is not tried, but started; this is what it gives:\n")
    assert untyped[2].startswith("previewUrl takes no text; give its value as JSON, such as true")
    assert "(text) is missing" in lacking[2]
    assert unknown[2].startswith("There is no component 'SendTxt'; `appmixer components` lists")


def test_shows_the_fields_of_one_component(demo: Shell) -> None:
    code, shown, _ = run(demo, "components", "SendText")

    assert code == 0
    assert shown.startswith("Send Text Message (appmixer.whatsapp.SendText), action\n")
    assert re.search(r"^  text +required  What the person reads\.", shown, re.M)
    assert shown.endswith("Its values leave at: sent, delivered, read, failed, timeout\n")


def test_adds_owners_and_gives_them_tokens(demo: Shell) -> None:
    def name_of(token: str) -> str:
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.get(f"{demo.url}/api/me", headers=headers)
        return str(answer.json()["name"]) if answer.is_success else str(answer.status_code)

    added = listed(demo, "owner", "add", "Lucky / Shrub")
    one_more = run(demo, "owner", "token", "Lucky / Shrub")
    second = one_more[1].splitlines()[1]
    both = [name_of(added["token"]), name_of(second)]
    third = listed(demo, "owner", "token", "Lucky / Shrub", "--replace")["token"]
    after = [name_of(each) for each in (added["token"], second, third)]
    missing = run(demo, "owner", "token", "Nobody")
    shown = run(demo, "owner", "list")

    assert both == ["Lucky / Shrub"] * 2
    assert after == ["401", "401", "Lucky / Shrub"]
    assert (missing[0], missing[2][:30]) == (1, "There is no owner 'Nobody'. No")
    assert re.search(r"^Lucky / Shrub  since 20", shown[1], re.M)


def test_shows_the_addresses_to_enter_at_the_service(demo: Shell) -> None:
    code, shown, _ = run(demo, "config", "show")
    as_json = listed(demo, "config", "show", "appmixer:whatsapp")["connectors"]

    assert code == 0
    assert shown.splitlines()[:3] == [
        "WhatsApp (appmixer:whatsapp)",
        f"  Valid OAuth Redirect URIs  {demo.url}/auth/whatsapp/callback",
        f"  Callback URL               {demo.url}/plugins/appmixer/whatsapp/events",
    ]
    assert "APPMIXER_PUBLIC_URL" in shown
    assert [each["url"] for each in as_json[0]["addresses"]] == [
        f"{demo.url}/auth/whatsapp/callback",
        f"{demo.url}/plugins/appmixer/whatsapp/events",
    ]


def test_connect_without_a_name_is_wrong_usage_where_nobody_can_be_asked(demo: Shell) -> None:
    code, shown, told = run(demo, "connect")

    assert (code, shown) == (2, "")
    assert told == "The account needs a name, by which flows call it: appmixer connect NAME.\n"


def test_connect_asks_for_the_name_says_what_it_waits_for_and_can_be_interrupted(
    demo: Shell,
) -> None:
    near, far = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "connect", "--no-browser"],
        stdin=far,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=demo.environment,
        preexec_fn=ignore_interrupts,
    )
    try:
        assert process.stderr is not None
        os.write(near, b"brand\n")
        told = b""
        while b"Ctrl-C ends the waiting" not in told:
            some = os.read(process.stderr.fileno(), 1000)
            assert some, told
            told += some
        process.send_signal(signal.SIGINT)
        code = process.wait(DEADLINE_S)
    finally:
        process.kill()
        process.communicate()
        os.close(near)
        os.close(far)

    assert code == 130
    assert b"A name for the account, by which flows call it:" in told
    assert re.search(rb"/auth/whatsapp/start\?name=brand&token=", told)
    assert re.search(rb"Waiting for account brand to be connected there, until \d\d:\d\d\.", told)


def complete(shell: Shell, words: str, **more: str) -> list[str]:
    """What a shell would offer for the last of the words."""
    line = words.split(" ")
    variables = {
        "_APPMIXER_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(line) - 1),
        **more,
    }
    done = subprocess.run(
        COMMAND,
        env={**shell.environment, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_S,
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("appmixer flow star", ["start"]),
        ("appmixer flow start au", ["auto-reply"]),
        ("appmixer connect ac", ["acme"]),
        ("appmixer component test SendT", ["SendTemplate", "SendText"]),
        ("appmixer owner token ma", ["main"]),
        ("appmixer config get appmixer:wh", ["appmixer:whatsapp"]),
        ("appmixer config get appmixer:whatsapp client", ["clientId", "clientSecret"]),
    ],
)
def test_names_are_completed(demo: Shell, words: str, offered: list[str]) -> None:
    assert sorted(complete(demo, words)) == offered


def test_short_ids_of_runs_are_completed(demo: Shell) -> None:
    short = listed(demo, "flow", "runs", "auto-reply")["runs"][0]["id"][:8]

    assert complete(demo, f"appmixer run show {short[:6]}") == [short]


def test_completion_is_quiet_where_no_engine_answers(demo: Shell) -> None:
    nobody = {"APPMIXER_URL": f"http://127.0.0.1:{free_port()}"}

    assert complete(demo, "appmixer flow start au", **nobody) == []


class Stub(BaseHTTPRequestHandler):
    """An engine that answers what is written down for a path."""

    answers: ClassVar[Mapping[str, tuple[int, Any]]] = {}

    def do_GET(self) -> None:
        status, content = self.answers[self.path]
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[Shell]:
    ids = ["aaaa1111" + "0" * 24, "aaaa2222" + "0" * 24]

    Stub.answers = {
        "/api/runs?limit=1000": (200, {"runs": [{"id": each} for each in ids]}),
    }
    server = HTTPServer(("127.0.0.1", 0), Stub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Shell(tmp_path, f"http://127.0.0.1:{server.server_port}", {"APPMIXER_API_TOKEN": "token"})
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_id_that_several_runs_begin_with_is_not_guessed(stub: Shell) -> None:
    code, _, told = stub.run("run", "show", "aaaa")
    none = stub.run("run", "show", "aaab")

    assert code == 1
    assert told.startswith("2 runs begin with 'aaaa': aaaa11110000, aaaa22220000")
    assert (none[0], none[2][:40]) == (1, "There is no run 'aaab' among the newest ")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://here:port", "'http://here:port' is no address: "),
        ("ftp://x", "No engine answers at ftp://x"),
    ],
)
def test_an_address_that_is_none_is_told_so(stub: Shell, url: str, told: str) -> None:
    code, _, said = replace(stub, url=url).run("flow", "list")

    assert (code, said[: len(told)]) == (1, told)


def test_a_first_make_says_what_it_does_before_it_is_silent() -> None:
    # Nothing is run: make only says what it would do.
    plan = subprocess.run(
        ["make", "--dry-run", "--always-make", "demo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    told = plan.index("installing about 90 Python packages")
    assert told < plan.index("-m venv") < plan.index("pip install") < plan.index("up --sandbox")
    told = plan.index("installing what is written in JavaScript below designer; up to two minutes")
    building = plan.index("Building the page, because designer/ has changed: some ten seconds.")
    assert told < plan.index("npm ci --prefix designer") < building
    assert building < plan.index("npm run build --prefix designer") < plan.index("up --sandbox")


@pytest.mark.parametrize("target", ["demo", "test", "prove", "bench", "wheels"])
def test_what_shows_or_packs_the_page_builds_it_before_when_its_sources_have_changed(
    target: str,
) -> None:
    sources = [
        *("designer/index.html", "designer/package-lock.json", "designer/vite.config.ts"),
        "designer/src/main.tsx",
    ]
    for source in sources:
        plan = subprocess.run(
            ["make", "--dry-run", f"--what-if={source}", target],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert "npm run build --prefix designer" in plan, source
