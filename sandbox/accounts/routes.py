"""Graph calls about business accounts and phone numbers."""

from __future__ import annotations

from types import MappingProxyType

from ..graph.route import NodeRoutes, PathRoutes, Route
from ..world.entities import MANAGEMENT, Business, PhoneNumber, User, Waba
from . import numbers, wabas

NODE_ROUTES: NodeRoutes = MappingProxyType(
    {
        (PhoneNumber, "", "GET"): Route(numbers.get, MANAGEMENT),
        (PhoneNumber, "", "POST"): Route(numbers.update, MANAGEMENT),
        (PhoneNumber, "register", "POST"): Route(numbers.register, MANAGEMENT),
        (PhoneNumber, "deregister", "POST"): Route(numbers.deregister, MANAGEMENT),
        (PhoneNumber, "request_code", "POST"): Route(numbers.request_code, MANAGEMENT),
        (PhoneNumber, "verify_code", "POST"): Route(numbers.verify_code, MANAGEMENT),
        (Waba, "", "GET"): Route(wabas.get, MANAGEMENT),
        (Waba, "phone_numbers", "GET"): Route(numbers.list_of_waba, MANAGEMENT),
        (Waba, "subscribed_apps", "GET"): Route(wabas.subscriptions, MANAGEMENT),
        (Waba, "subscribed_apps", "POST"): Route(wabas.subscribe, MANAGEMENT),
        (Waba, "subscribed_apps", "DELETE"): Route(wabas.unsubscribe, MANAGEMENT),
        (Business, "", "GET"): Route(wabas.get_business),
        (Business, "owned_whatsapp_business_accounts", "GET"): Route(wabas.owned_by_business),
        (Business, "client_whatsapp_business_accounts", "GET"): Route(wabas.clients_of_business),
        (User, "assigned_whatsapp_business_accounts", "GET"): Route(wabas.assigned_to_user),
    }
)
NAMED_ROUTES: PathRoutes = MappingProxyType({("me/businesses", "GET"): Route(wabas.my_businesses)})
