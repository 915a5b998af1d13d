"""The Graph API: reading a call, finding its node and its token, and answering as Meta does."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from dataclasses import replace

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..behaviour.accounts import public, signups
from ..behaviour.call import Call
from ..behaviour.login import dialog, tokens
from ..behaviour.media import media, uploads
from ..behaviour.route import Route
from ..protocol.answers import answered, refusal_of
from ..protocol.errors import (
    MetaError,
    missing_permission,
    not_simulated,
    unknown_object,
    unknown_path,
)
from ..protocol.parameters import read_parameters, upload_parameters
from ..protocol.shapes import Json
from ..protocol.signing import proof_of, same
from ..world.call_log import Body, GraphCall
from ..world.entities import BUSINESS, Token, User
from ..world.faults import FaultRule
from ..world.world import Node, World
from . import several, usage
from .faults import faulty
from .recording import body_of, recorded
from .routes import (
    NAMED_ROUTES,
    NEEDS_BUSINESS_SCOPE,
    NODE_ROUTES,
    NOT_SIMULATED,
    NOT_SIMULATED_CALLS,
    NOT_SIMULATED_NAMES,
    OPEN_ROUTES,
)

logger = logging.getLogger(__name__)

VERSION = re.compile(r"v\d{1,2}\.\d{1,2}")
SEGMENT = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
DEFAULT_VERSION = "v25.0"
MAX_PATH_IN_LOG = 200
MAX_QUERY_IN_LOG = 4000


class GraphApi:
    """The ASGI application behind every path that is not a control."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        version, segments = _split(path)
        if segments[:2] == ["dialog", "oauth"]:
            await (await self._dialog(Request(scope, receive)))(scope, receive, send)
            return
        rule = self._world.faults.strike(scope["method"], segments)
        began, at = time.perf_counter(), self._world.clock.now()
        asked = Body(_content_type(scope))
        answer, code = await self._struck(
            rule, scope, recorded(receive, asked), path, version, segments
        )
        if not segments:
            # A batch: its calls are in the log themselves, without their tokens and PINs.
            asked.parts.clear()
        self._log(
            GraphCall(
                at=at,
                method=scope["method"],
                path=path[:MAX_PATH_IN_LOG],
                status=0 if answer is None else answer.status_code,
                error_code=code,
                fault=None if rule is None else rule.kind,
                duration_ms=(time.perf_counter() - began) * 1000,
                query=scope["query_string"][:MAX_QUERY_IN_LOG].decode("latin-1"),
                request=asked,
                response=Body() if answer is None else body_of(answer),
            )
        )
        if answer is None:
            await _disconnect(scope, receive)
        elif rule is not None and rule.kind == "cut":
            await _break_off(answer, scope, receive, send)
        else:
            await answer(scope, receive, send)

    async def _dialog(self, request: Request) -> Response:
        if request.method == "POST":
            return dialog.decide(self._world, request.query_params, await request.form())
        return dialog.show(self._world, request.query_params)

    async def _answer(
        self,
        scope: Scope,
        receive: Receive,
        path: str,
        version: str,
        segments: list[str],
        failed_code: int | None = None,
    ) -> tuple[Response, int | None]:
        """The answer, and Meta's code when it is a refusal."""
        request = Request(scope, receive)
        try:
            return await self._call(request, path, version, segments, failed_code), None
        except MetaError as refusal:
            return refusal_of(refusal, version), refusal.code
        except ClientDisconnect:
            # Nobody is there to be answered; half a request has no effect.
            return Response(status_code=400), None
        except Exception:
            # Whatever breaks in here, a client sees Meta's shape of "something went wrong".
            logger.exception("a Graph call failed inside the sandbox")
            fault = MetaError(1, "An unknown error occurred", http_status=500)
            return refusal_of(fault, version), fault.code

    async def _call(
        self,
        request: Request,
        path: str,
        version: str,
        segments: list[str],
        failed_code: int | None,
    ) -> Response:
        base_url = f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}"
        if path.startswith(public.PATH):
            return public.open_file(self._world, path)
        is_download = path.startswith(media.ATTACHMENTS_PATH.rstrip("/"))
        is_upload = uploads.is_session(segments)
        if is_upload:
            parameters, files = upload_parameters(request), None
        else:
            parameters, files = await read_parameters(
                request, takes_files=self._takes_files(segments)
            )
        try:
            call = Call(
                world=self._world,
                method=request.method,
                version=version,
                path="/".join(segments),
                base_url=base_url,
                token=None,
                parameters=parameters,
                files=files,
                failed_code=failed_code,
                content=request.stream() if is_upload else None,
            )
            value = _token_value(request, parameters)
            if is_download:
                call.token = tokens.find(self._world, value) if value else None
                return media.download(call)
            if _is_batch(call, segments, request.scope):
                return await self._batch(call, value, request.scope)
            route = self._route(call, segments, value)
            headers = usage.count(call)
            answer = await route.endpoint(call)
        finally:
            for file in (files or {}).values():
                await file.close()
        if isinstance(answer, Response):
            return answer
        return answered(answer, 200, version, headers)

    async def _batch(self, call: Call, value: str | None, scope: Scope) -> Response:
        self._token(call, [], value)
        answers = await several.perform(self, scope, several.calls_of(call))
        return Response(json.dumps(answers).encode("ascii"), media_type="application/json")

    def _takes_files(self, segments: list[str]) -> bool:
        is_group = len(segments) == 1 and segments[0] in self._world.groups
        return is_group or segments[-1:] in (["media"], ["assets"])

    def _route(self, call: Call, segments: list[str], value: str | None) -> Route:
        is_of_several = call.method == "GET" and "ids" in call.parameters
        if not segments and not is_of_several:
            raise unknown_path(f"/{call.path}")
        open_route = OPEN_ROUTES.get((call.path, call.method))
        if open_route is not None:
            return open_route
        call.token = self._token(call, segments, value)
        named = NAMED_ROUTES.get((call.path, call.method))
        if named is not None:
            if call.path in NEEDS_BUSINESS_SCOPE:
                _need_business_scope(call.token)
            return named
        if is_of_several and len(segments) < 2:
            return Route(lambda call: several.nodes(call, self._one_of(call, segments)))
        if segments[0] == "me" and segments[1:2] == ["permissions"] and len(segments) == 3:
            call.rest = segments[2]
            return NAMED_ROUTES["me/permissions", "DELETE"]
        if uploads.is_session(segments):
            return uploads.route_of(call)
        if segments[0] in NOT_SIMULATED_NAMES:
            raise not_simulated(call.method, f"/{segments[0]}")
        if segments[0] == "signups" and len(segments) == 2:
            signups.check_known(self._world, call.bearer(), segments[1])
            return self._node_route(call, segments[1:])
        return self._node_route(call, segments)

    def _one_of(self, call: Call, segments: list[str]) -> several.OneNode:
        parameters = {name: each for name, each in call.parameters.items() if name != "ids"}

        async def one(node_id: str) -> Json:
            path = "/".join([node_id, *segments])
            own = replace(call, path=path, parameters=parameters)
            answer = await self._node_route(own, [node_id, *segments]).endpoint(own)
            if isinstance(answer, Response):
                raise unknown_object(call.method, node_id)
            return answer

        return one

    def _node_route(self, call: Call, segments: list[str]) -> Route:
        token, node_id = call.bearer(), segments[0]
        if not node_id.isdecimal() and node_id not in self._world.groups:
            raise unknown_path(f"/{'/'.join(segments)}")
        node = self._world.node(node_id)
        if node is None or not self._is_visible(token, node):
            raise unknown_object(call.method, node_id)
        edge = segments[1] if len(segments) > 1 else ""
        call.node, call.rest = node, "/".join(segments[2:])
        if call.rest and any(key[:2] == (type(node), f"{edge}/{call.rest}") for key in NODE_ROUTES):
            edge, call.rest = f"{edge}/{call.rest}", ""
        route = NODE_ROUTES.get((type(node), edge, call.method))
        if route is None or (call.rest and not route.takes_rest):
            is_known = (type(node), edge, call.method) in NOT_SIMULATED_CALLS
            if is_known or edge in NOT_SIMULATED.get(type(node), frozenset()):
                raise not_simulated(call.method, f"/{{{_kind_name(node)}}}/{edge}".rstrip("/"))
            if edge and not any(key[:2] == (type(node), edge) for key in NODE_ROUTES):
                raise unknown_path(f"/{'/'.join(segments[1:])}")
            raise unknown_object(call.method, node_id)
        self._check_scope(token, node, route.scope)
        return route

    def _token(self, call: Call, segments: list[str], value: str | None) -> Token:
        if not value:
            raise _no_token(call.method, segments)
        token = tokens.find(self._world, value)
        if token is None:
            raise tokens.invalid_token()
        tokens.check(self._world, token)
        app = self._world.apps[token.app_id]
        proof = call.parameters.get("appsecret_proof")
        if proof is None:
            if app.requires_proof and token.kind != "APP":
                raise _proof_error("API calls from the server require an appsecret_proof argument")
        elif not same(str(proof), proof_of(value, app.secret)):
            raise _proof_error("Invalid appsecret_proof provided in the API argument")
        return token

    def _is_visible(self, token: Token, node: Node) -> bool:
        waba = self._world.waba_of(node)
        if waba is not None:
            return token.sees(waba.id)
        if token.kind == "APP":
            return node.id == token.app_id or isinstance(node, User)
        if token.user is None:
            return False
        return node.id in (token.user.id, token.app_id, *token.user.business_ids)

    def _check_scope(self, token: Token, node: Node, scope: str | None) -> None:
        waba = self._world.waba_of(node)
        if scope is None or waba is None or token.reaches(scope, waba.id):
            return
        if scope.endswith("messaging"):
            raise missing_permission(
                "You do not have the necessary permissions to send messages on behalf of this "
                "WhatsApp Business Account"
            )
        raise missing_permission(
            "You do not have the necessary permissions required to access this business account"
        )

    async def _struck(
        self,
        rule: FaultRule | None,
        scope: Scope,
        receive: Receive,
        path: str,
        version: str,
        segments: list[str],
    ) -> tuple[Response | None, int | None]:
        """The answer, as a fault bends it; None is a connection that breaks off."""
        if rule is None:
            return await self._answer(scope, receive, path, version, segments)
        if rule.delay_s:
            await asyncio.sleep(rule.delay_s)
        if rule.kind == "disconnect":
            return None, None
        if rule.kind in ("slow", "acceptedThenLost", "truncated", "cut", "failedStatus"):
            failed_code = rule.code if rule.kind == "failedStatus" else None
            answer, code = await self._answer(scope, receive, path, version, segments, failed_code)
            if rule.kind == "acceptedThenLost":
                return None, code
            if rule.kind == "truncated":
                answer = Response(_half(answer), answer.status_code, media_type="application/json")
            return answer, code
        return faulty(rule, version, self._waba_id(segments))

    def _waba_id(self, segments: list[str]) -> str | None:
        node = self._world.node(segments[0]) if segments else None
        waba = None if node is None else self._world.waba_of(node)
        return None if waba is None else waba.id

    def _log(self, call: GraphCall) -> None:
        self._world.calls.add(call)
        self._world.feed.publish("call", call)


def _is_batch(call: Call, segments: list[str], scope: Scope) -> bool:
    is_open = call.method == "POST" and not segments and several.IN_BATCH not in scope
    return is_open and "batch" in call.parameters


def _content_type(scope: Scope) -> str:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    given = (value for name, value in headers if name == b"content-type")
    return next(given, b"application/json").decode("latin-1").lower()


def _split(path: str) -> tuple[str, list[str]]:
    segments = [segment for segment in path.split("/") if segment]
    version = DEFAULT_VERSION
    if segments and VERSION.fullmatch(segments[0]):
        version = segments.pop(0)
    return version, segments


def _token_value(request: Request, parameters: Json) -> str | None:
    # pywa (4.5) sends both when it sets a callback: its user's token in the header, and its app's
    # as a parameter, which is the one that has to count there.
    given = parameters.get("access_token")
    if given:
        return str(given)
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    return value.strip() or None if scheme.lower() in ("bearer", "oauth") else None


def _no_token(method: str, segments: list[str]) -> MetaError:
    if segments[:1] == ["me"]:
        return MetaError(
            2500,
            "An active access token must be used to query information about the current user.",
        )
    if method == "GET":
        return MetaError(200, "Provide valid app ID")
    return MetaError(104, "An access token is required to request this resource.")


def _proof_error(message: str) -> MetaError:
    return MetaError(100, message, kind="GraphMethodException")


def _need_business_scope(token: Token) -> None:
    if BUSINESS not in token.scopes:
        raise MetaError(100, "(#100) Missing Permission", http_status=403)


def _kind_name(node: Node) -> str:
    names = {"PhoneNumber": "phone-number-id", "Waba": "waba-id", "Template": "template-id"}
    return names.get(type(node).__name__, f"{type(node).__name__.lower()}-id")


def _half(answer: Response) -> bytes:
    body: object = getattr(answer, "body", b"")
    return body[: len(body) // 2] if isinstance(body, bytes) else b""


async def _break_off(answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Promise the whole answer, send half of it, and break the connection."""
    start = {"type": "http.response.start", "status": answer.status_code}
    await send({**start, "headers": answer.raw_headers})
    await send({"type": "http.response.body", "body": _half(answer), "more_body": True})
    await _disconnect(scope, receive)


async def _disconnect(scope: Scope, receive: Receive) -> None:
    """Break the connection without an answer. The server lends us the means (see server.py)."""
    abort = scope.get("extensions", {}).get(several.DISCONNECT)
    if abort is None:
        raise ConnectionResetError("the sandbox was asked to break this connection")
    abort["abort"]()
    while (await receive())["type"] != "http.disconnect":
        continue
