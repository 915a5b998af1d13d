"""An installed connector that breaks the contract is left out, named, and stops nobody else."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import httpx

from .foreign import install
from .ports import free_port
from .shell import DEADLINE_S, Shell

# How each breaks the contract, and what is said of it.
NOTHING = "is missing or returns nothing"
DIVIDES = "its code raises ZeroDivisionError"
FAULTS = {
    "absent": ("import nosuch", "its code cannot be imported: No module named 'nosuch'"),
    "incomplete": ("del MANIFEST['label']", "its manifest is not right at label"),
    "silent": (
        "appmixer_manifest = hookimpl(lambda: None)",
        f"its hook appmixer_manifest {NOTHING}",
    ),
    "hookless": ("del appmixer_plugin", f"its hook appmixer_plugin {NOTHING}"),
    "raising": ("raise RuntimeError('my-own-secret')", "its code raises RuntimeError"),
    "leaving": ("raise SystemExit('bye')", "its code raises SystemExit"),
    "unlike": (
        "appmixer_plugin = hookimpl(lambda nosuchargument: None)",
        "its code raises PluginValidationError",
    ),
    "twin": ("MANIFEST['id'] = 'acme:mail'", "its id acme:mail is that of acme-mail as well"),
    "usurper": (
        "MANIFEST['components'][0]['name'] = 'appmixer.whatsapp.SendText'",
        "the name of its component appmixer.whatsapp.SendText does not begin with acme.usurper.",
    ),
    "catcher": (
        "MANIFEST['auth']['service'] = 'broken'",
        "its login broken is that of acme-broken as well",
    ),
    "early": (
        "MANIFEST['contract'] = '3.0'; MANIFEST['news'] = True",
        "it is for version 3.0 of the contract, and here it is 2.0; it needs a newer host",
    ),
    "late": (
        "MANIFEST['contract'] = '0.9'",
        "it is for version 0.9 of the contract, and here it is 2.0; it needs a newer version of"
        " the connector",
    ),
    "timeless": (
        "del MANIFEST['contract']",
        "its manifest does not say in contract which version it is for; here it is 2.0",
    ),
    "partless": (
        "appmixer_components = hookimpl(lambda: None)",
        f"its hook appmixer_components {NOTHING}",
    ),
    "lacking": (
        "appmixer_components = hookimpl(lambda: {'a': 1})",
        "its hook appmixer_components gives no acme.lacking.SendLetter",
    ),
    "broken": (
        "Path(__file__).with_name('components').joinpath('send_letter.py').write_text('1 / 0')",
        DIVIDES,
    ),
    "keyless": ("appmixer_account_provider = hookimpl(lambda host: 1 / 0)", DIVIDES),
    "rootless": ("Plugin.routes = property(lambda plugin: 1 / 0)", DIVIDES),
    "lame": ("async def start(plugin): 1 / 0\nPlugin.start = start", DIVIDES),
}


# Writes a line whenever the hook is called.
COUNTING = """
import os

uncounted = appmixer_components


@hookimpl
def appmixer_components():
    with open(os.environ["COUNTED"], "a", encoding="utf-8") as file:
        print("called", file=file)
    return uncounted()
"""
FLOW: dict[str, Any] = {
    "name": "Letters",
    "components": {
        "incoming": {"type": "appmixer.whatsapp.NewMessage", "account": "acme"},
        "send": {
            "type": "acme.mail.SendLetter",
            "source": {"in": {"incoming": ["message"]}},
            "input": {"to": "Ann"},
        },
    },
}


def test_the_hook_that_gives_components_is_called_once_in_each_process(tmp_path: Path) -> None:
    install(tmp_path / "site", "mail", more_code=COUNTING)
    counted = tmp_path / "counted"
    path = tmp_path / "letters.flow.json"
    path.write_text(json.dumps(FLOW))
    shell = Shell(
        tmp_path / "data",
        f"http://127.0.0.1:{free_port()}",
        {
            "PYTHONPATH": str(tmp_path / "site"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "COUNTED": str(counted),
            "APPMIXER_API_TOKEN": "my-own-token-of-tests",
        },
    )
    calls: dict[str, int] = {}

    def count(what: str) -> None:
        calls[what] = len(counted.read_text().splitlines()) if counted.exists() else 0
        counted.unlink(missing_ok=True)

    shell.run("components")
    count("list")
    shell.run("components", "acme.mail.SendLetter")
    count("show")
    validated = shell.run("validate", str(path))
    count("validate")
    process = shell.up()
    try:
        with httpx.Client(
            base_url=shell.url, headers={"Authorization": "Bearer my-own-token-of-tests"}
        ) as client:
            deployed = [client.put(f"/api/flows/{each}", json=FLOW) for each in ("one", "two")]
            tried = client.post(
                "/api/components/acme.mail.SendLetter/test", json={"input": {"to": "Ann"}}
            )
            listed = client.get("/api/components")
    finally:
        process.kill()
        process.communicate()
    count("up")

    assert (validated[0], tried.status_code, listed.status_code) == (0, 200, 200)
    assert [each.status_code for each in deployed] == [200, 200]
    assert calls == {"list": 0, "show": 1, "validate": 1, "up": 1}


def test_bad_connectors_are_left_out_by_name_and_the_others_run(tmp_path: Path) -> None:
    install(tmp_path / "site", "mail")
    for service, (fault, _) in FAULTS.items():
        install(tmp_path / "site", service, more_code=f"\n{fault}\n")
    told = {f"acme-{service}": (service, reason) for service, (_, reason) in FAULTS.items()}
    shell = Shell(
        tmp_path / "data",
        f"http://127.0.0.1:{free_port()}",
        {"PYTHONPATH": str(tmp_path / "site"), "PYTHONDONTWRITEBYTECODE": "1"},
    )

    listed = shell.run("components")
    process = shell.up()
    try:
        ready = httpx.get(f"{shell.url}/readyz").json()
        examined = shell.run("doctor")
        configured = shell.run("config", "list", "--json")
        process.send_signal(signal.SIGTERM)
        shown, log = process.communicate(timeout=DEADLINE_S)
    finally:
        process.kill()
        process.communicate()

    left_out = {
        each["distribution"]: (each["entryPoint"], each["reason"]) for each in ready["leftOut"]
    }
    assert (ready["status"], left_out) == ("ready", told)
    lines: list[dict[str, Any]] = [json.loads(line) for line in log.splitlines()]
    logged = [each for each in lines if each["event"] == "connector_left_out"]
    assert {each["distribution"]: (each["entry_point"], each["reason"]) for each in logged} == told
    services = {each["service"] for each in json.loads(configured[1])["connectors"]}
    assert {"acme:mail", "appmixer:whatsapp"} <= services
    assert process.returncode == 0
    for service, (_, reason) in FAULTS.items():
        finding = f"acme-{service}: the engine goes on without it: {reason}"
        assert f"✗ Connector {service} of {finding}" in examined[1]
        assert f"Left out   acme-{service} (entry point {service}): {reason}\n" in shown
    assert listed[0] == 0
    assert "acme.mail.SendLetter" in listed[1]
    assert "acme-absent (entry point absent) is left out: its code cannot be imported" in listed[2]
    assert "my-own-secret" not in json.dumps(ready) + shown
