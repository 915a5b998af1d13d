"""What is worth knowing of an account: its business accounts and how their numbers stand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Literal, TypeAlias

from appmixer.engine.contract import Account, Fact, RejectedError, ThrottledError

from ..foreign_json.shapes import as_object, as_text, as_texts
from ..graph.account import AccountGraph
from ..graph.ids import graph_id
from ..ledgers.health import Health, Standing, Told
from .numbers import PhoneNumber

# Asked at once, and shown; who has more sees them in WhatsApp Manager.
MAX_WABAS, MAX_NUMBERS = 20, 100
State: TypeAlias = Literal["fine", "advice", "fault"]
# https://developers.facebook.com/documentation/business-messaging/whatsapp/messaging-limits
QUALITY: Mapping[str, State] = {"GREEN": "fine", "YELLOW": "advice", "RED": "fault"}
# https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/phone-numbers
HEALTHY = ("CONNECTED", "PENDING", "UNKNOWN")


async def account_facts(account: Account, graph: AccountGraph, health: Health) -> list[Fact]:
    """Return the facts of each business account that the account reaches, the default one first."""
    names = as_object(account.profile.get("wabaNames"))
    default = as_text(account.profile.get("businessAccountId"))
    waba_ids = as_texts(account.profile.get("wabaIds"))
    ordered = sorted(waba_ids, key=lambda each: each != default)
    shown = [(each, as_text(names.get(each)) or each) for each in ordered[:MAX_WABAS]]
    found = await asyncio.gather(*(_of_waba(graph, health, *each) for each in shown))
    facts = list(chain.from_iterable(found))
    if left := len(ordered) - len(shown):
        facts.append(Fact("More WhatsApp Business Accounts", str(left)))
    return facts


async def _of_waba(graph: AccountGraph, health: Health, waba_id: str, name: str) -> list[Fact]:
    facts = [Fact("WhatsApp Business Account", f"{name} ({waba_id})", about=name)]
    standing = await health.of(waba_id)
    troubles = await health.troubles(waba_id)
    facts += [Fact("Told by Meta", each.what, each.state, name) for each in troubles]
    if (violation := standing.of_account("violation")) is not None:
        facts.append(Fact("Policy Violated", _heard(violation), "advice", name))
    path = f"{graph_id(waba_id)}/phone_numbers"
    count = 0
    try:
        async for node in graph.pages(path, PhoneNumber.asking()):
            if count == MAX_NUMBERS:
                facts.append(Fact("Phone Numbers", f"more than {MAX_NUMBERS}", about=name))
                break
            facts += _of_number(PhoneNumber.from_meta(node), standing)
            count += 1
    except (RejectedError, ThrottledError) as error:
        state: State = "advice" if isinstance(error, ThrottledError) else "fault"
        facts.append(Fact("Phone Numbers", f"Meta does not list them: {error.title}", state, name))
        return facts
    if not count:
        facts.append(Fact("Phone Numbers", "It has none", "advice", name))
    return facts


def _of_number(number: PhoneNumber, standing: Standing) -> Iterator[Fact]:
    about = number.display_phone_number or number.id
    yield Fact("Phone Number ID", number.id, about=about)
    if number.verified_name:
        is_declined = number.name_status in ("DECLINED", "EXPIRED")
        told = f"{number.verified_name} ({_word(number.name_status)})"
        yield Fact("Display Name", told, "advice" if is_declined else "fine", about)
    if number.is_registered:
        yield Fact("Cloud API", "registered", about=about)
    else:
        yield Fact("Cloud API", "not registered, so it cannot send", "advice", about)
    if number.status:
        state: State = "fine" if number.status in HEALTHY else "fault"
        yield Fact("Status", _word(number.status), state, about)
    quality = QUALITY.get(number.quality_rating or "")
    told = _word(number.quality_rating) if quality else "not rated yet"
    yield Fact("Quality", told, quality or "fine", about)
    if number.messaging_limit:
        yield Fact("Messaging Limit", number.messaging_limit, about=about)
    if number.throughput_level:
        yield Fact("Throughput", _word(number.throughput_level), about=about)
    display = number.display_phone_number or ""
    heard = {
        "Name Review, Last Told": standing.of_number(display, "name"),
        "Messaging Limit, Last Told": standing.limit(display),
        "Throughput, Last Told": standing.of_number(display, "throughput"),
    }
    for label, news in heard.items():
        if news is not None:
            yield Fact(label, _heard(news), about=about)


def _heard(told: Told) -> str:
    detail = f" ({told.detail})" if told.detail else ""
    return f"{told.value}{detail}, {told.at:%Y-%m-%d %H:%M} UTC"


def _word(text: str | None) -> str:
    return (text or "unknown").replace("_", " ").lower()
