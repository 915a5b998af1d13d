"""The main job, told step by step: an engine and the sandbox, which speak only HTTP.

It drives the engine's interface as a person's tools would, and the login dialog as a browser.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from html.parser import HTMLParser
from typing import Any, NoReturn
from urllib.parse import urljoin

import httpx

from appmixer.sandbox.world import seed

CONNECTOR = "appmixer:whatsapp"
COMPONENTS = "appmixer.whatsapp."
ENGINE_EVENTS = "/plugins/appmixer/whatsapp/events"
ACCOUNT = "acme"
FLOW, RUN_NOW = "auto-reply", "connection-test"
LABEL = "Phone"
PATIENCE_S = 20.0
POLL_S = 0.05
CUSTOMER = "Sheena"
BUSINESS = "Acme"
QUESTION = "Do you have it in blue?"

Say = Callable[[str], None]


class StepMissingError(Exception):
    """A step that did not happen; the text says what was waited for and what was there instead."""


async def serve(host: str, port: int) -> None:
    """Serve the simulation until cancelled."""
    # The commands that only speak with a sandbox need not wait for the server to be loaded.
    from appmixer.sandbox.gateway.server import serve as serve_sandbox

    await serve_sandbox(host, port)


def run_command(arguments: list[str]) -> NoReturn:
    """Run the simulation's own command line; it ends the process."""
    from appmixer.sandbox.cli.commands import run_command as run

    run(arguments)


def configuration(sandbox_url: str) -> Mapping[str, Mapping[str, str]]:
    """Return the configuration with which the connector uses the sandbox."""
    return {
        CONNECTOR: {
            "clientId": seed.APP_ID,
            "clientSecret": seed.APP_SECRET,
            "configId": seed.CONFIG_ID,
            "verifyToken": seed.VERIFY_TOKEN,
            "graphUrl": sandbox_url,
            "dialogUrl": sandbox_url,
        }
    }


def page(sandbox_url: str) -> str:
    """Return the address of the simulation's page for a panel of another page."""
    return f"{sandbox_url.rstrip('/')}/_sandbox/phone"


async def rehearse(engine_url: str, token: str, sandbox_url: str, say: Say) -> bool:
    """Run the whole conversation and tell it; return False at the first step that fails."""
    timeout = httpx.Timeout(PATIENCE_S)
    async with (
        httpx.AsyncClient(
            base_url=engine_url, timeout=timeout, headers={"Authorization": f"Bearer {token}"}
        ) as engine,
        httpx.AsyncClient(base_url=sandbox_url, timeout=timeout) as sandbox,
    ):
        rehearsal = Rehearsal(engine, sandbox, say)
        try:
            await rehearsal.run()
        except StepMissingError as missing:
            say(f"\n  ✗ {missing}")
            return False
        except (httpx.HTTPError, KeyError, IndexError) as error:
            say(f"\n  ✗ The conversation broke off: {type(error).__name__}: {error}")
            return False
    return True


class Rehearsal:
    """One conversation between a business on the engine and a person in the sandbox."""

    def __init__(self, engine: httpx.AsyncClient, sandbox: httpx.AsyncClient, say: Say) -> None:
        self._engine, self._sandbox, self._say = engine, sandbox, say
        self._started = time.perf_counter()

    async def run(self) -> None:
        await self._until("the sandbox to answer", self._sandbox_answers)
        self._head("1  Meta learns where the webhooks go")
        await self._set_callback()
        self._head("2  Acme connects its WhatsApp Business Account")
        await self._connect()
        self._head("3  The auto-reply flow is started")
        await self._start_flow()
        self._head("4  The sender's phone number is registered")
        await self._register(expected_before=False)
        await self._register(expected_before=True)
        self._head("5  Acme opens the conversation with a template")
        await self._send_template()
        self._head("6  Sheena answers, and the flow replies")
        await self._converse()
        self._head("7  The connection is tested by a flow that is run now")
        await self._run_now()
        self._say(f"\n  All of it happened, in {self._elapsed():.1f} s.")

    async def _set_callback(self) -> None:
        callback = str(self._engine.base_url).rstrip("/") + ENGINE_EVENTS
        answer = await self._control("POST", "/_sandbox/webhook", {"callbackUrl": callback})
        self._expect(
            answer.get("verified") is True,
            "Meta's handshake with the callback URL",
            f"Meta said: {answer.get('reason')}",
        )
        self._tell("Meta", "Engine", f"GET {ENGINE_EVENTS} with a challenge: echoed, so verified")

    async def _connect(self) -> None:
        start = f"/auth/whatsapp/start?name={ACCOUNT}"
        link = (await self._api("POST", "/api/links", {"path": start}))["url"]
        base, patience = self._engine.base_url, httpx.Timeout(PATIENCE_S)
        # The person's browser has no token of the engine's API, only the link.
        async with httpx.AsyncClient(base_url=base, timeout=patience) as browser:
            await self._log_in(browser, link, start)
        accounts = (await self._api("GET", "/api/accounts"))["accounts"]
        account = next((each for each in accounts if each["name"] == ACCOUNT), None)
        if account is None or account["state"] != "connected":
            raise StepMissingError(f"The account {ACCOUNT} is not connected: {account}")
        wabas = ", ".join(account["profile"]["wabaIds"])
        self._tell("Engine", "Meta", f"exchanges the code: account {ACCOUNT} reaches WABA {wabas},")
        self._note(f"its permission lasts until {str(account['expiresAt'])[:10]}")

    async def _log_in(self, browser: httpx.AsyncClient, link: str, start: str) -> None:
        """Follow a one-time link through the engine's question and Meta's dialog, and back."""
        asked = await browser.get(link)
        self._expect(asked.status_code == 200, f"{start} to ask first", _short(asked))
        self._tell("Browser", "Engine", f"GET {start}: asked whether to connect, and for whom")
        question = _Form(asked.text)
        secret = {"secret": question.choices("secret")}
        leads = await browser.post(question.action, data=secret)
        self._expect(leads.status_code == 303, "the button to lead to the dialog", _short(leads))
        dialog_url = leads.headers["location"]
        self._tell("Browser", "Engine", "presses the button: sent on to Meta's login dialog")
        page = await self._sandbox.get(dialog_url)
        self._expect(page.status_code == 200, "Meta's login dialog", _short(page))
        form = _Form(page.text)
        self._expect(
            seed.WABA_ID in form.choices("waba_ids"), "the account picker", "no such account in it"
        )
        answers = {
            "user_id": form.choices("user_id"),
            "scopes": form.choices("scopes"),
            "waba_ids": [seed.WABA_ID],
            "decision": ["approve"],
        }
        approved = await self._sandbox.post(urljoin(dialog_url, form.action), data=answers)
        self._expect(approved.status_code == 302, "Meta to send the person back", _short(approved))
        self._tell("Browser", "Meta", f"picks WhatsApp Business Account {seed.WABA_ID}, continues")
        back = await browser.get(approved.headers["location"])
        self._expect(back.status_code == 200, "the engine to accept the login", _short(back))
        self._tell("Meta", "Browser", "302 back to the engine with a code")

    async def _store(self, name: str) -> None:
        examples = (await self._api("GET", "/api/examples"))["examples"]
        document = next((each["flow"] for each in examples if each["id"] == name), None)
        self._expect(document is not None, f"the example {name}", "there is no such example")
        put = await self._api("PUT", f"/api/flows/{name}", document)
        self._tell("You", "Engine", f"PUT /api/flows/{name}: version {put['version']}")

    async def _start_flow(self) -> None:
        await self._store(FLOW)
        flow = await self._api("POST", f"/api/flows/{FLOW}/start")
        self._expect(flow["state"] == "running", "the flow to run", f"it is {flow['state']}")
        calls = (await self._control("GET", "/_sandbox/calls"))["calls"]
        subscribed = any(
            call["path"].endswith("/subscribed_apps") and call["method"] == "POST" for call in calls
        )
        self._expect(subscribed, "the WABA to be subscribed", "no such call reached Meta")
        self._tell("Engine", "Meta", f"subscribes to WABA {seed.WABA_ID}; the flow is running")

    async def _register(self, *, expected_before: bool) -> None:
        output = await self._test(
            "EnsureRegistered",
            "registered",
            {"phoneNumberId": seed.PHONE_NUMBER_ID, "pin": seed.PIN},
        )
        was = output["wasAlreadyRegistered"]
        self._expect(
            output["registered"] is True and was is expected_before,
            f"wasAlreadyRegistered: {str(expected_before).lower()}",
            f"the answer was {output}",
        )
        self._tell(
            "Engine",
            "Meta",
            f"Ensure Registered {output['displayPhoneNumber']}:"
            f" wasAlreadyRegistered: {str(was).lower()}",
        )

    async def _send_template(self) -> None:
        output = await self._test(
            "SendTemplate",
            "sent",
            {
                "phoneNumberId": seed.PHONE_NUMBER_ID,
                "to": f"+{seed.PERSON}",
                "templateName": "hello_world",
                "languageCode": "en_US",
            },
        )
        message_id = output["messageId"]
        self._tell(BUSINESS, CUSTOMER, f"template hello_world: {output['status']}, {message_id}")
        await self._follow(message_id)

    async def _converse(self) -> None:
        seen = {run["id"] for run in await self._runs()}
        written = await self._control(
            "POST",
            f"/_sandbox/people/{seed.PERSON}/messages",
            {"type": "text", "text": {"body": QUESTION}},
        )
        self._tell(CUSTOMER, BUSINESS, f"“{QUESTION}”, {written['id']}")
        delivery = await self._until(
            "Meta to deliver the message by webhook", lambda: self._delivered(written["id"])
        )
        self._tell("Meta", "Engine", f"webhook of {delivery['bytes']} bytes, signed, answered 200")

        async def ended_run() -> dict[str, Any] | None:
            new = [run for run in await self._runs() if run["id"] not in seen]
            return next((run for run in new if run["endedAt"] is not None), None)

        run = await self._until("a run of the flow to end", ended_run)
        run = await self._api("GET", f"/api/runs/{run['id']}")
        steps = ", ".join(f"{step['component']} {step['status']}" for step in run["steps"])
        self._expect(run["status"] == "completed", "the run to complete", f"{run['error']} {steps}")
        self._tell("Engine", "Engine", f"run {run['id']} of {FLOW}: {steps}")
        reply = await self._until(f"the reply on {CUSTOMER}'s phone", self._reply)
        self._tell(BUSINESS, CUSTOMER, f"“{reply['content']['body']}”, {reply['id']}")
        await self._follow(reply["id"])
        read = partial(self._fate_is, run["id"], "read")
        await self._until("the step to stand as read", read)
        self._tell("You", "Engine", f"GET /api/runs/{run['id']}: reply completed, and read")

    async def _run_now(self) -> None:
        await self._store(RUN_NOW)
        path = (await self._api("POST", f"/api/flows/{RUN_NOW}/run", {}))["url"]

        async def ended_run() -> dict[str, Any] | None:
            run = await self._api("GET", path)
            return run if run["endedAt"] is not None else None

        run = await self._until("the run to end", ended_run)
        steps = ", ".join(f"{step['component']} {step['status']}" for step in run["steps"])
        self._expect(run["status"] == "completed", "the run to complete", f"{run['error']} {steps}")
        self._tell("You", "Engine", f"POST /api/flows/{RUN_NOW}/run: {steps}")
        message_id = run["steps"][-1]["output"]["sent"][0]["messageId"]
        self._tell(BUSINESS, CUSTOMER, f"template hello_world, {message_id}")
        await self._follow(message_id)

    async def _fate_is(self, run_id: str, state: str) -> bool:
        steps = (await self._api("GET", f"/api/runs/{run_id}"))["steps"]
        return any(step["fate"] and step["fate"]["state"] == state for step in steps)

    async def _follow(self, message_id: str) -> None:
        """Tell each status of a message once the phone has it and the engine was told."""
        for status in ("sent", "delivered", "read"):
            shown = partial(self._has_status, message_id, status)
            await self._until(f"the message to be {status}", shown)
            known = partial(self._engine_knows, message_id, status)
            await self._until(f"the engine to take the webhook “{status}”", known)
            self._tell("Meta", "Engine", f"webhook, signed: {status}")

    async def _has_status(self, message_id: str, status: str) -> bool:
        phone = await self._phone()
        return any(
            message["id"] == message_id
            and any(each["status"] == status for each in message.get("statuses", []))
            for message in phone
        )

    async def _engine_knows(self, message_id: str, status: str) -> bool:
        answer = await self._api("GET", "/api/events?unrouted=true&limit=100")
        return any(
            (told := event["payload"].get("status", {})).get("id") == message_id
            and told["status"] == status
            for event in answer["events"]
        )

    async def _delivered(self, message_id: str) -> dict[str, Any] | None:
        log = await self._control("GET", "/_sandbox/webhooks?limit=50")
        for delivery in log["deliveries"]:
            if delivery["state"] != "delivered":
                continue
            whole = await self._control("GET", f"/_sandbox/webhooks/{delivery['id']}")
            body = json.loads(whole["body"])
            messages = body["entry"][0]["changes"][0]["value"].get("messages", [])
            if any(message["id"] == message_id for message in messages):
                return whole
        return None

    async def _reply(self) -> dict[str, Any] | None:
        replies = [
            message
            for message in await self._phone()
            if message["from"] == "business"
            and message["type"] == "text"
            and QUESTION in message["content"]["body"]
        ]
        return replies[-1] if replies else None

    async def _phone(self) -> list[dict[str, Any]]:
        answer = await self._control("GET", f"/_sandbox/people/{seed.PERSON}/messages")
        messages: list[dict[str, Any]] = answer["messages"]
        return messages

    async def _runs(self) -> list[dict[str, Any]]:
        runs: list[dict[str, Any]] = (await self._api("GET", f"/api/runs?flowId={FLOW}"))["runs"]
        return runs

    async def _test(self, component: str, port: str, values: dict[str, Any]) -> dict[str, Any]:
        answer = await self._api(
            "POST",
            f"/api/components/{COMPONENTS}{component}/test",
            {"account": ACCOUNT, "input": values},
        )
        self._expect(
            answer["status"] == "completed", f"{component} to succeed", str(answer.get("error"))
        )
        output: dict[str, Any] = answer["output"][port][0]
        return output

    async def _api(self, method: str, path: str, content: Any = None) -> dict[str, Any]:
        return _object(await self._engine.request(method, path, json=content), path)

    async def _control(self, method: str, path: str, content: Any = None) -> dict[str, Any]:
        answer = await self._sandbox.request(method, path, json=content)
        # The handshake's failure is told in the body.
        return _object(answer, path, accepted=(200, 201, 400))

    async def _sandbox_answers(self) -> bool:
        try:
            return (await self._sandbox.get("/_sandbox/clock")).status_code == 200
        except httpx.TransportError:
            return False

    async def _until(self, what: str, look: Callable[[], Awaitable[Any]]) -> Any:
        deadline = time.perf_counter() + PATIENCE_S
        while not (found := await look()):
            if time.perf_counter() > deadline:
                raise StepMissingError(f"Waited {PATIENCE_S:.0f} s for {what}; it did not happen.")
            await asyncio.sleep(POLL_S)
        return found

    def _expect(self, holds: bool, what: str, instead: str) -> None:
        if not holds:
            raise StepMissingError(f"Expected {what}; {instead}")

    def _head(self, text: str) -> None:
        self._say(f"\n{text}")

    def _tell(self, who: str, whom: str, what: str) -> None:
        self._say(f"  {self._elapsed():6.2f} s  {who:>7} → {whom:<7}  {what}")

    def _note(self, what: str) -> None:
        self._say(f"{'':31}{what}")

    def _elapsed(self) -> float:
        return time.perf_counter() - self._started


class _Form(HTMLParser):
    """The first form of a page, as a browser reads it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self._values: dict[str, list[str]] = {}
        self.feed(page)

    def choices(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = found.get("action", "")
        elif tag in ("input", "button") and "name" in found:
            self._values.setdefault(found["name"], []).append(found.get("value", ""))


def _object(
    answer: httpx.Response, path: str, accepted: tuple[int, ...] = (200, 201, 202)
) -> dict[str, Any]:
    if answer.status_code not in accepted:
        raise StepMissingError(f"{path} answered {_short(answer)}")
    content: dict[str, Any] = answer.json()
    return content


def _short(answer: httpx.Response) -> str:
    """Return what an answer says, in one line."""
    if answer.headers.get("content-type", "").startswith("text/html"):
        text = _Text(answer.text).text
    else:
        text = answer.text
    return f"{answer.status_code} {' '.join(text.split())[:400]}"


class _Text(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = ""
        self._is_style = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_style = tag == "style"

    def handle_data(self, data: str) -> None:
        if not self._is_style:
            self.text += f" {data}"
