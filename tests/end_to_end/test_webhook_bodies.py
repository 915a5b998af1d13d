"""Every webhook body that Meta documents, posted to a real engine."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appmixer.engine.values import is_list, is_object

if TYPE_CHECKING:
    from .conftest import World

BODIES = sorted((Path(__file__).parents[2] / "sandbox" / "fixtures" / "webhooks").glob("*.json"))
PATH = "/plugins/appmixer/whatsapp/events"


def test_every_documented_body_is_answered_200_and_kept(world: World) -> None:
    assert len(BODIES) == 168
    world.engine_call("POST", "/api/accounts", _account())

    answers = {path.name: _post(world, _escaped(path)) for path in BODIES}

    assert {name: status for name, status in answers.items() if status != 200} == {}
    kept = world.wait_until(lambda: _kept(world), "the events are routed")
    for path in BODIES:
        for leaf in _leaves(json.loads(path.read_text("utf-8"))):
            assert leaf in kept, f"{path.name}: {leaf!r} is lost"


def test_a_flipped_bit_or_no_signature_is_401_and_nothing_is_kept(world: World) -> None:
    answers: set[int] = set()
    for path in BODIES:
        raw = _escaped(path)
        flipped = bytearray(raw)
        flipped[len(raw) // 2] ^= 1
        answers.add(_post(world, bytes(flipped), signed=raw))
        answers.add(_post(world, raw, signed=None))

    assert answers == {401}
    assert world.rows("SELECT content FROM inbox") == []
    assert world.rows("SELECT payload FROM events") == []


def test_without_a_secret_the_answer_is_503_and_nothing_is_kept(world: World) -> None:
    del world.engine.environment["APPMIXER_WHATSAPP_CLIENT_SECRET"]
    world.engine.stop()
    world.engine.start()

    answers = {_post(world, _escaped(path)) for path in BODIES}

    assert answers == {503}
    assert world.rows("SELECT content FROM inbox") == []
    assert world.rows("SELECT payload FROM events") == []


def _account() -> dict[str, str]:
    return {"service": "appmixer:whatsapp", "name": "acme", "accessToken": "EAAsandbox"}


def _escaped(path: Path) -> bytes:
    """The bytes as Meta sends them: ASCII with lower-case escapes, and slashes escaped."""
    body = json.loads(path.read_text("utf-8"))
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def _post(world: World, raw: bytes, *, signed: bytes | None = b"") -> int:
    headers: dict[str, str] = {}
    if signed is not None:
        digest = hmac.new(b"sandbox-app-secret", signed or raw, hashlib.sha256).hexdigest()
        headers["X-Hub-Signature-256"] = f"sha256={digest}"
    return world.http.post(world.engine.url + PATH, content=raw, headers=headers).status_code


def _kept(world: World) -> set[Any]:
    """Every value in every stored event, once all that was accepted has been read and routed."""
    if world.has_work():
        return set()
    rows = world.rows("SELECT payload FROM events")
    return {leaf for (payload,) in rows for leaf in _leaves(json.loads(payload))}


def _leaves(value: Any) -> set[Any]:
    if is_object(value):
        return {leaf for item in value.values() for leaf in _leaves(item)}
    if is_list(value):
        return {leaf for item in value for leaf in _leaves(item)}
    return {value} - {"whatsapp_business_account", "whatsapp"}
