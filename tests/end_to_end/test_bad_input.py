"""What people get wrong in flows, inputs and files: a sentence each, and nothing else happens."""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .conftest import World

NUMBER = "106540352242922"
PERSON = "16505551234"
SEEMS_PUBLIC = "127.0.0.2"
MB = 1024 * 1024
UNTOLD = "Neither its content nor its name tells what it is."
TYPES = "jpeg, png, mp4, 3gpp, aac, amr, mpeg, ogg, webp, pdf, plain text"


def flow(type: str = "SendText", account: str | None = "acme", **input: Any) -> dict[str, Any]:
    """A flow in which a message starts one action."""
    given = input or {"phoneNumberId": NUMBER, "to": f"+{PERSON}", "text": "hi"}
    return {
        "name": "Bad input",
        "components": {
            "incoming": {"type": "appmixer.whatsapp.NewMessage", "account": "acme"},
            "act": {
                "type": f"appmixer.whatsapp.{type}",
                "account": account,
                "source": {"in": {"incoming": ["message"]}},
                "input": given,
            },
        },
    }


def text(value: str) -> dict[str, Any]:
    return flow(phoneNumberId=NUMBER, to=f"+{PERSON}", text=value)


def misspelled() -> dict[str, Any]:
    document = flow()
    document["components"]["act"]["inputs"] = {}
    return document


MESSAGE_FIELDS = (
    "id, from, replyTo, replyType, timestamp, time, type, wabaId, phoneNumberId, "
    "displayPhoneNumber, profileName, contact, text, image, video, audio, document, sticker, "
    "media, location, contacts, reaction, interactive, button, replyId, replyTitle, "
    "replyPayload, flowReply, quotedMessageId, isForwarded, order, referral, system, "
    "unsupported, edit, revoke, identityKeyHash, groupId, isTest, isStandby, "
    "errors, beside, raw."
)
SPELLING = "There is no such field; check its spelling or remove it."


@pytest.mark.parametrize(
    ("document", "field", "cause"),
    [
        ({**flow(), "nam": "x"}, "nam", SPELLING),
        (misspelled(), "components.act.inputs", SPELLING),
        (
            flow(phoneNumberId=NUMBER, to=f"+{PERSON}", text="hi", txt="hi"),
            "components.act.input.txt",
            "There is no field txt; the fields are: businessAccountId, phoneNumberId, to, "
            "recipientType, opaqueData, identityKeyHash, waitFor, waitSeconds, whenUnknown, "
            "quotedMessageId, windowPolicy, unknownWindowPolicy, fallbackTemplate, "
            "fallbackLanguage, fallbackParameters, category, ttlSeconds, templateName, text, "
            "previewUrl.",
        ),
        (
            flow("SendTxt"),
            "components.act.type",
            "There is no component 'appmixer.whatsapp.SendTxt'; "
            "did you mean 'appmixer.whatsapp.SendText'?",
        ),
        (
            text("{{ incomming.message.id }}"),
            "components.act.input.text",
            "incomming.message.id: there is no step 'incomming' before; there is: incoming.",
        ),
        (
            text("{{ incoming.massage.id }}"),
            "components.act.input.text",
            "incoming.massage.id: incoming has no port 'massage'; it has: message.",
        ),
        (
            text("{{ incoming.message.text.bdy }}"),
            "components.act.input.text",
            "incoming.message.text.bdy: incoming.message.text has no 'bdy' that is known of; it "
            "has: body; did you mean 'body'?",
        ),
        (
            flow(phoneNumberId=NUMBER, to="hello", text="{{ incoming.message.id }}"),
            "components.act.input.to",
            "It is neither a phone number nor a user id. Write the phone number with + and its "
            "country code, such as +420777123456, or a user id such as US.13491208655302741918.",
        ),
        (
            {**flow(), "description": 7},
            "description",
            "It has to be a text.",
        ),
        (
            text("{{ incoming.message.bodyy }}"),
            "components.act.input.text",
            "incoming.message.bodyy: incoming.message has no 'bodyy'; it has: " + MESSAGE_FIELDS,
        ),
    ],
)
def test_a_flow_with_a_fault_is_refused_by_name_and_not_stored(
    ready: World, document: dict[str, Any], field: str, cause: str
) -> None:
    answer = ready.ask("PUT", "/api/flows/faulty", document)

    assert (answer.status_code, answer.json()) == (
        422,
        {
            "error": {
                "title": "The flow cannot be used as it is",
                "cause": cause,
                "cure": "Correct what is named and send it again.",
                "field": field,
            },
            "errors": [{"path": field, "text": cause}],
        },
    )
    assert ready.ask("GET", "/api/flows/faulty").status_code == 404
    assert ready.asked() == []


def test_what_may_be_a_mistake_is_a_warning_and_the_flow_is_stored(ready: World) -> None:
    circle = text("replaced below")
    circle["components"]["seen"] = circle["components"]["incoming"]
    circle["components"]["incoming"] = {
        "type": "appmixer.whatsapp.MessageStatusUpdated",
        "account": "acme",
    }
    circle["components"]["act"]["source"] = {
        "in": {"incoming": ["status"], "seen": ["message"]},
    }
    circle["components"]["act"]["input"]["text"] = (
        "{{ has(incoming.status) ? incoming.status.status : '' }}: "
        "{{ has(seen.message) ? seen.message.text.mood : '' }}"
    )

    stored = ready.engine_call("PUT", "/api/flows/circle", circle)

    assert stored["version"] == 1
    assert [(each["path"], each["text"][:60]) for each in stored["warnings"]] == [
        (
            "components.act.input.text",
            "seen.message.text.mood: seen.message.text has no 'mood' that",
        ),
        (
            "components.act",
            "The flow starts when the service reports on what you sent, a",
        ),
    ]
    assert ready.engine_call("PUT", "/api/flows/plain", flow())["warnings"] == []


def test_the_command_line_warns_of_the_same(tmp_path: Path) -> None:
    circle = flow()
    circle["components"]["incoming"]["type"] = "appmixer.whatsapp.MessageStatusUpdated"
    circle["components"]["act"]["source"] = {"in": {"incoming": ["status"]}}
    file = tmp_path / "circle.flow.json"
    file.write_text(json.dumps(circle))

    done = subprocess.run(
        [sys.executable, "-c", "from appmixer.engine.cli import main; main()", "validate", file],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0
    assert "Warning: components.act: The flow starts when the service reports" in done.stdout


@pytest.mark.parametrize(
    ("account", "cause"),
    [
        (None, "No account is chosen; name a connected account, or connect one first."),
        (
            "nobody",
            "There is no account nobody. No account of appmixer:whatsapp is connected under this "
            "name. Connect it first, or choose another account.",
        ),
    ],
)
def test_a_flow_without_its_account_does_not_start(
    ready: World, account: str | None, cause: str
) -> None:
    ready.engine_call("PUT", "/api/flows/homeless", flow(account=account))

    answer = ready.ask("POST", "/api/flows/homeless/start")

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"path": "components.act.account", "text": cause}]
    assert answer.json()["error"]["cure"] == "Correct what is named and send it again."
    assert ready.engine_call("GET", "/api/flows/homeless")["state"] == "stopped"
    assert ready.asked() == []


def test_an_account_that_nobody_connected_is_named_before_any_call(ready: World) -> None:
    answer = ready.try_out("GetPhoneNumber", account="nobody", phoneNumberId=NUMBER)

    assert failure(answer) == {
        "kind": "RejectedError",
        "title": "There is no account nobody",
        "cause": "No account of appmixer:whatsapp is connected under this name.",
        "cure": "Connect it first, or choose another account.",
        "field": "account",
    }
    assert ready.asked() == []


def test_a_path_that_is_dead_for_one_message_fails_that_step_and_sends_nothing(
    ready: World,
) -> None:
    ready.set_webhook()
    ready.start("dead-path", text("{{ incoming.message.text.body }}"))
    asked_before = len(ready.asked())
    ready.says(PERSON, type="location", location={"latitude": 37.4, "longitude": -122.1})

    run = ready.ended_run("dead-path", "failed")

    assert run["error"] == {
        "kind": "InputError",
        "title": "The input is not right",
        "cause": "incoming.message.text.body has no value: incoming.message.text is empty.",
        "cure": "Correct the flow, start it again and replay the event.",
        "field": "act.input",
    }
    assert [(step["component"], step["status"]) for step in run["steps"]] == [
        ("incoming", "completed"),
        ("act", "failed"),
    ]
    assert ready.asked()[asked_before:] == []


def test_a_result_that_is_no_number_is_no_input(ready: World) -> None:
    ready.set_webhook()
    ready.start("no-number", text("{{ 0.0 / 0.0 }}"))
    asked_before = len(ready.asked())
    ready.says(PERSON)

    run = ready.ended_run("no-number", "failed")

    assert run["error"]["cause"] == (
        "The expression '0.0 / 0.0' has no value: "
        "a result that is infinite or no number has no place in JSON."
    )
    assert ready.asked()[asked_before:] == []


@pytest.mark.parametrize(
    ("name", "media_type", "content", "found"),
    [
        (
            "photo.png",
            "image/png",
            b"MZ" + bytes(600),
            "The content is of the type application/x-msdownload.",
        ),
        ("photo.gif", "image/gif", b"GIF89a" + bytes(600), "The content is of the type image/gif."),
        ("page.pdf", "application/pdf", b"<!doctype html><html></html>", UNTOLD),
        ("empty.png", "image/png", b"", UNTOLD),
    ],
)
def test_a_type_of_file_that_whatsapp_does_not_take_is_refused_by_its_content(
    ready: World, name: str, media_type: str, content: bytes, found: str
) -> None:
    file = keep(ready, name, media_type, content)

    answer = ready.try_out("UploadMedia", phoneNumberId=NUMBER, fileId=file)

    assert failure(answer) == {
        "kind": "RejectedError",
        "title": "WhatsApp does not take this type of file",
        "cause": found,
        "cure": f"Convert it to one of: {TYPES}, Word, Excel or PowerPoint.",
        "field": "fileId",
    }
    assert ready.asked() == []


def test_a_kept_file_too_large_for_whatsapp_is_not_sent(ready: World) -> None:
    file = keep(ready, "film.mp4", "video/mp4", b"\0\0\0\x18ftypmp42" + bytes(17 * MB))

    answer = ready.try_out("UploadMedia", phoneNumberId=NUMBER, fileId=file)

    assert failure(answer) == {
        "kind": "RejectedError",
        "title": "The file is too large",
        "cause": "A file of the kind video may have 16 MB; this one has 17.0 MB or more.",
        "cure": "Make it smaller, or send a link to it as text.",
        "field": "fileId",
    }
    assert ready.asked() == []


@pytest.mark.parametrize("path", ["/declared", "/endless"])
def test_a_url_to_200_mb_is_given_up_early(ready: World, path: str) -> None:
    memory_before = most_memory(ready)
    with web(SEEMS_PUBLIC) as site:
        answer = ready.try_out("UploadMedia", phoneNumberId=NUMBER, url=site.url + path)

    error = failure(answer)
    assert (error["title"], error["field"]) == ("The file is too large", "url")
    assert error["cure"] == "Make it smaller, or send a link to it as text."
    assert site.requests == [path]
    # What lies in the buffers between the two was sent and never read.
    assert site.bytes_sent < 60 * MB
    assert most_memory(ready) - memory_before < 32 * MB
    assert ready.asked() == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", "169.254.169.254", "10.0.0.1"])
def test_a_url_that_leads_inside_is_refused_before_anything_is_fetched(
    ready: World, host: str
) -> None:
    with web("127.0.0.1") as site:
        url = f"http://{host}:{site.port}/latest/meta-data"
        answer = ready.try_out("UploadMedia", phoneNumberId=NUMBER, url=url)

    assert failure(answer) == not_public(host.strip("[]"))
    assert site.requests == []
    assert ready.asked() == []


@pytest.mark.parametrize("inside", ["127.0.0.1", "169.254.169.254"])
def test_a_redirect_that_leads_inside_is_not_followed(ready: World, inside: str) -> None:
    with web(SEEMS_PUBLIC) as site, web("127.0.0.1") as secret:
        url = f"{site.url}/redirect?http://{inside}:{secret.port}/latest/meta-data"
        answer = ready.try_out("UploadMedia", phoneNumberId=NUMBER, url=url)

    assert failure(answer) == not_public(inside)
    assert len(site.requests) == 1
    assert secret.requests == []
    assert ready.asked() == []


@pytest.mark.parametrize("pin", ["12345", "1234567", "12345x", "123456\n", 123456, None])
def test_a_pin_that_is_not_six_digits_is_refused_before_any_call_and_not_repeated(
    ready: World, pin: Any
) -> None:
    answer = ready.try_out("RegisterPhoneNumber", phoneNumberId=NUMBER, pin=pin)

    error = answer.json()["error"]
    assert (answer.status_code, error["title"], error["field"], error["cure"]) == (
        422,
        "The input cannot be used as it is",
        "input.pin",
        "Correct what is named and send it again.",
    )
    assert error["cause"] in (
        "PIN has to be six digits, for example 000000.",
        "PIN has to be a text.",
        "PIN is empty; fill it in.",
    )
    assert ready.asked() == []


def test_a_wrong_pin_in_a_flow_is_tried_once_and_never_again(ready: World) -> None:
    ready.set_webhook()
    ready.start("wrong-pin", flow("RegisterPhoneNumber", phoneNumberId=NUMBER, pin="731905"))
    asked_before = len(ready.asked())
    ready.says(PERSON)

    run = ready.ended_run("wrong-pin", "failed")

    assert (run["error"]["code"], run["error"]["field"]) == (133005, "pin")
    assert "not tried again by itself" in run["error"]["cure"]
    assert [(step["component"], step["attempt"]) for step in run["steps"]] == [
        ("incoming", 1),
        ("act", 1),
    ]
    assert run["waits"] == []
    assert ready.asked()[asked_before:] == ["POST register 400"]


@pytest.mark.parametrize(
    ("template", "given", "field", "cause"),
    [
        ("order_confirmation", ["Sheena"], "bodyParameters", "a value for {{2}}."),
        ("spring_sale", {"first_name": "S"}, "bodyParameters", "a value for {{discount}}."),
        (
            "order_delivery_update",
            ["Mark", "566701"],
            "headerLocation",
            "Its header is a location, and none is",
        ),
    ],
)
def test_a_template_lacking_a_parameter_is_refused_by_name_before_the_send(
    ready: World, template: str, given: Any, field: str, cause: str
) -> None:
    answer = ready.try_out(
        "SendTemplate",
        phoneNumberId=NUMBER,
        to=f"+{PERSON}",
        templateName=template,
        languageCode="en_US",
        bodyParameters=given,
    )

    error = failure(answer)
    assert error == {
        "kind": "RejectedError",
        "title": f"The template {template} (en_US) is not filled in as it must be",
        "cause": error["cause"],
        "cure": "Compare the fields with the template in WhatsApp Manager, Message Templates.",
        "field": field,
        "code": 132000,
    }
    assert cause in error["cause"]
    # It is read again before it is held against anybody: it may just have been changed.
    assert set(ready.asked()) <= {"GET phone_numbers 200", "GET message_templates 200"}
    assert ready.phone(PERSON) == []


def test_a_recipient_outside_the_list_of_a_development_app_is_told_where_to_add_it(
    ready: World,
) -> None:
    answer = ready.try_out("SendText", phoneNumberId=NUMBER, to="+16505550000", text="hi")

    error = failure(answer)
    assert (error["code"], error["field"]) == (131030, "to")
    assert "Manage phone number list" in error["cure"]
    assert ready.asked() == ["POST messages 400"]


def test_an_unregistered_sender_is_told_what_registers_it(ready: World) -> None:
    deregistered = ready.try_out("DeregisterPhoneNumber", phoneNumberId=NUMBER)
    assert deregistered.json()["status"] == "completed"

    answer = ready.try_out("SendText", phoneNumberId=NUMBER, to=f"+{PERSON}", text="hi")

    error = failure(answer)
    assert (error["code"], error["field"]) == (133010, "phoneNumberId")
    assert "Ensure Sender Phone Number Registered" in error["cure"]
    assert ready.asked() == ["POST deregister 200", "POST messages 400"]
    assert ready.phone(PERSON) == []


def test_free_text_is_refused_when_the_persons_window_is_known_to_be_closed(ready: World) -> None:
    person = a_new_person(ready, "16505557001")
    ready.set_webhook()
    ready.start("answer", flow(phoneNumberId=NUMBER, to=f"+{person}", text="late"))
    now = ready.sandbox_call("GET", "/_sandbox/clock")["now"]
    ready.sandbox_call("POST", "/_sandbox/clock", {"setTo": now - 25 * 3600})
    asked_before = len(ready.asked())
    ready.says(person)

    run = ready.ended_run("answer", "failed")

    assert (run["error"]["code"], run["error"]["field"]) == (131047, "to")
    assert run["error"]["title"] == "The 24-hour window is closed"
    assert "Send an approved template" in run["error"]["cure"]
    assert ready.asked()[asked_before:] == []
    assert [message["from"] for message in ready.phone(person)] == ["person"]


def test_free_text_is_sent_when_the_window_is_unknown_and_a_flow_hears_that_it_was_lost(
    ready: World,
) -> None:
    person = a_new_person(ready, "16505557002")
    ready.set_webhook()
    trigger = {
        "type": "appmixer.whatsapp.MessageStatusUpdated",
        "account": "acme",
        "input": {"statuses": ["failed"]},
    }
    ready.start("lost", {"name": "Lost", "components": {"status": trigger}})
    asked_before = len(ready.asked())

    answer = ready.try_out("SendText", phoneNumberId=NUMBER, to=f"+{person}", text="hi")
    run = ready.ended_run("lost", "completed")

    [sent] = answer.json()["output"]["sent"]
    assert sent["window"] == {"state": "unknown", "closesAt": None}
    [status] = run["steps"][0]["output"]["status"]
    assert (status["id"], status["status"]) == (sent["messageId"], "failed")
    assert [error["code"] for error in status["errors"]] == [131047]
    assert ready.asked()[asked_before:] == ["POST messages 200"]


def keep(world: World, name: str, media_type: str, content: bytes) -> str:
    answer = world.ask(
        "POST", f"/api/files?name={name}", content=content, headers={"Content-Type": media_type}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def failure(answer: Any) -> dict[str, Any]:
    """Return the error of a component that was tried out and failed."""
    assert answer.status_code == 200, answer.text
    assert (answer.json()["status"], answer.json()["output"]) == ("failed", {})
    error: dict[str, Any] = answer.json()["error"]
    return error


def not_public(host: str) -> dict[str, Any]:
    return {
        "kind": "RejectedError",
        "title": "The URL cannot be fetched",
        "cause": f"The host {host} is not on the public internet.",
        "cure": "Use a public address, or upload the file here instead.",
        "field": "url",
    }


def a_new_person(world: World, wa_id: str) -> str:
    world.sandbox_call("POST", "/_sandbox/people", {"waId": wa_id, "name": "New"})
    return wa_id


def most_memory(world: World) -> int:
    """Return the most bytes that the engine has ever had in memory."""
    assert world.engine.running is not None
    status = Path(f"/proc/{world.engine.running.pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


class Site:
    """A web site that offers too much and leads astray."""

    def __init__(self, host: str) -> None:
        self.requests: list[str] = []
        self.bytes_sent = 0
        self._server = http.server.ThreadingHTTPServer((host, 0), self._handler())
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self.url = f"http://{host}:{self.port}"

    @contextmanager
    def serving(self) -> Generator[Site]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def _handler(self) -> Callable[..., http.server.BaseHTTPRequestHandler]:
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.requests.append(self.path)
                address, _, target = self.path.partition("?")
                self.send_response(302 if address == "/redirect" else 200)
                if target:
                    self.send_header("Location", target)
                if address == "/declared":
                    self.send_header("Content-Length", str(200 * MB))
                self.send_header("Content-Type", "video/mp4")
                self.end_headers()
                if not target:
                    self._pour()

            def _pour(self) -> None:
                chunk = b"\0\0\0\x18ftypmp42" + bytes(64 * 1024)
                try:
                    while site.bytes_sent < 200 * MB:
                        self.wfile.write(chunk)
                        site.bytes_sent += len(chunk)
                except OSError:
                    return  # whoever asked has gone, as the tests want it

            def log_message(self, format: str, *args: Any) -> None:
                return

        return Handler


def web(host: str) -> Any:
    return Site(host).serving()
