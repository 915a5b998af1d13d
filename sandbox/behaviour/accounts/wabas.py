"""WhatsApp Business Accounts and businesses: fields, subscriptions, who owns what."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ...protocol.errors import MetaError, refused
from ...protocol.fields import Getter, Selected, pick
from ...protocol.paging import page
from ...protocol.shapes import Json
from ...world.entities import App, Business, Subscription, Waba
from ...world.world import World
from ..call import Answer, Call, success
from . import analytics, health
from .businesses import filtered
from .checks import flag, line, nothing_given
from .overrides import verify_override

NODE_TYPE = "WhatsAppBusinessAccount"
DEFAULT_FIELDS = ("id", "name", "timezone_id", "message_template_namespace")
LISTED_FIELDS = ("id", "name", "currency", "timezone_id", "message_template_namespace")
NAMESPACE = "ba30dd89_2ebd_41e4_b805_{}"
CHANGEABLE = (
    "name",
    "timezone_id",
    "is_enabled_for_insights",
    "disable_marketing_messages_on_cloud_api",
)
MAX_NAME_CHARS = 128
# https://developers.facebook.com/docs/marketing-api/reference/ad-account/timezone-ids/
LAST_TIMEZONE = 480


async def get(call: Call) -> Answer:
    return pick(getters(call.world, call.waba()), call.fields(), DEFAULT_FIELDS, NODE_TYPE)


async def update(call: Call) -> Answer:
    waba = call.waba()
    if not any(name in call.parameters for name in CHANGEABLE):
        raise nothing_given(CHANGEABLE)
    name = line(call, "name", MAX_NAME_CHARS, least=1)
    timezone = _timezone(call)
    insights = flag(call, "is_enabled_for_insights")
    no_marketing = flag(call, "disable_marketing_messages_on_cloud_api")
    if insights is False:
        raise refused(200006)
    waba.name = waba.name if name is None else name
    waba.timezone_id = waba.timezone_id if timezone is None else timezone
    waba.is_enabled_for_insights = waba.is_enabled_for_insights or insights is True
    if no_marketing is not None:
        waba.disable_marketing_messages_on_cloud_api = no_marketing
    # Graph answers the insights switch with the id and the rest with success; this is both.
    return {"id": waba.id, **success()}


async def subscribe(call: Call) -> Answer:
    """Subscribe the token's app; an override is set when given, and removed when not."""
    waba, app_id = call.waba(), call.bearer().app_id
    url = call.parameters.get("override_callback_uri")
    if url:
        await verify_override(call, str(url), str(call.parameters.get("verify_token") or ""))
    waba.subscriptions[app_id] = Subscription(app_id, str(url) if url else None)
    return success()


async def subscriptions(call: Call) -> Answer:
    return _subscriptions(call.world, call.waba())


async def unsubscribe(call: Call) -> Answer:
    call.waba().subscriptions.pop(call.bearer().app_id, None)
    return success()


async def owned_by_business(call: Call) -> Answer:
    return _of_business(call, call.business().owned_waba_ids)


async def clients_of_business(call: Call) -> Answer:
    return _of_business(call, call.business().client_waba_ids)


async def get_business(call: Call) -> Answer:
    return show_business(call, call.business(), call.fields(), ("id", "name"))


async def my_businesses(call: Call) -> Answer:
    user = call.bearer().user
    ids = user.business_ids if user is not None else ()
    wanted = call.fields()
    return page(
        [call.world.businesses[business_id] for business_id in ids],
        key=lambda business: business.id,
        show=lambda business: show_business(call, business, wanted, ("id", "name")),
        parameters=call.parameters,
        url=call.url,
    )


async def assigned_to_user(call: Call) -> Answer:
    return _of_business(call, list(call.user().waba_ids))


def show_business(
    call: Call, business: Business, wanted: tuple[Selected, ...], default: tuple[str, ...]
) -> Json:
    def wabas(ids: list[str], selected: Selected) -> object:
        limit = selected.arguments.get("limit")
        return _page_of(call, ids, selected.nested, {"limit": limit} if limit else {}) or None

    known: dict[str, Getter] = {
        "id": lambda _: business.id,
        "name": lambda _: business.name,
        "verification_status": lambda _: "verified",
        "owned_whatsapp_business_accounts": partial(wabas, business.owned_waba_ids),
        "client_whatsapp_business_accounts": partial(wabas, business.client_waba_ids),
    }
    node = pick(known, wanted, default, "Business")
    # An edge with nothing in it is left out of a nested answer.
    return {name: value for name, value in node.items() if value != {"data": []}}


def getters(world: World, waba: Waba) -> Mapping[str, Getter]:
    business = world.businesses[waba.business_id]
    owner: Json = {"name": business.name, "id": business.id}
    plain: Json = {
        "id": waba.id,
        "name": waba.name,
        "currency": waba.currency,
        "country": waba.country,
        "timezone_id": waba.timezone_id,
        "message_template_namespace": NAMESPACE.format(waba.id[-12:]),
        "account_review_status": "APPROVED",
        "business_verification_status": "verified",
        "status": "ACTIVE",
        "ownership_type": "SELF",
        "owner_business": owner,
        "owner_business_info": owner,
        "on_behalf_of_business_info": {**owner, "status": "APPROVED", "type": "SELF"},
        "primary_business_location": waba.country,
        "is_enabled_for_insights": waba.is_enabled_for_insights,
        "marketing_messages_onboarding_status": waba.marketing_messages_status,
        "marketing_messages_lite_api_status": waba.marketing_messages_status,
        "disable_marketing_messages_on_cloud_api": waba.disable_marketing_messages_on_cloud_api,
        "subscribed_apps": _subscriptions(world, waba) if waba.subscriptions else None,
        "purchase_order_number": None,
        "auth_international_rate_eligibility": None,
        "health_status": health.of_waba(world, waba),
    }
    getters: dict[str, Getter] = {name: partial(_value, value) for name, value in plain.items()}
    getters["analytics"] = partial(analytics.messages, world, waba)
    getters["conversation_analytics"] = partial(analytics.conversations, world, waba)
    getters["pricing_analytics"] = partial(analytics.pricing, world, waba)
    getters["call_analytics"] = partial(analytics.calls, world, waba)
    return getters


def _timezone(call: Call) -> str | None:
    value = call.parameters.get("timezone_id")
    if value is None:
        return None
    if not str(value).isdecimal() or not 0 <= int(str(value)[:6]) <= LAST_TIMEZONE:
        raise MetaError(100, "(#100) Param timezone_id must be a valid timezone id")
    return str(value)


def _subscriptions(world: World, waba: Waba) -> Json:
    apps = world.apps
    return {"data": [_shown(apps[one.app_id], one) for one in waba.subscriptions.values()]}


def _value(value: object, _selected: object) -> object:
    return value


def _of_business(call: Call, ids: list[str]) -> Json:
    return _page_of(call, filtered(ids, call), call.fields(), call.parameters, url=call.url)


def _page_of(
    call: Call,
    ids: list[str],
    wanted: tuple[Selected, ...],
    parameters: Mapping[str, object],
    *,
    url: str | None = None,
) -> Json:
    token, world = call.bearer(), call.world
    visible = [world.wabas[waba_id] for waba_id in ids if token.sees(waba_id)]
    return page(
        visible,
        key=lambda waba: waba.id,
        show=lambda waba: pick(getters(world, waba), wanted, LISTED_FIELDS, NODE_TYPE),
        parameters=parameters,
        url=url,
    )


def _shown(app: App, subscription: Subscription) -> Json:
    shown: Json = {
        "whatsapp_business_api_data": {
            "id": app.id,
            "link": f"https://www.facebook.com/games/?app_id={app.id}",
            "name": app.name,
        }
    }
    if subscription.override_callback_uri is not None:
        shown["override_callback_uri"] = subscription.override_callback_uri
    return shown
