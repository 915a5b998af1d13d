"""Graph calls about business accounts and phone numbers."""

from __future__ import annotations

from types import MappingProxyType

from ...world.belongings import Signup
from ...world.entities import MANAGEMENT, MESSAGING, Business, PhoneNumber, User, Waba
from ..route import NodeRoutes, PathRoutes, Route
from . import (
    adding,
    automation,
    blocks,
    businesses,
    coexistence,
    commerce,
    encryption,
    history,
    numbers,
    official,
    profile,
    qr_codes,
    registration,
    settings,
    signups,
    staff,
    usernames,
    wabas,
)

NODE_ROUTES: NodeRoutes = MappingProxyType(
    {
        (PhoneNumber, "", "GET"): Route(numbers.get, MANAGEMENT),
        (PhoneNumber, "", "POST"): Route(numbers.update, MANAGEMENT),
        (PhoneNumber, "register", "POST"): Route(registration.register, MANAGEMENT),
        (PhoneNumber, "deregister", "POST"): Route(registration.deregister, MANAGEMENT),
        (PhoneNumber, "request_code", "POST"): Route(registration.request_code, MANAGEMENT),
        (PhoneNumber, "verify_code", "POST"): Route(registration.verify_code, MANAGEMENT),
        **{
            (PhoneNumber, edge, method): Route(endpoint, scope)
            for edge, method, endpoint, scope in (
                ("whatsapp_business_profile", "GET", profile.get, MESSAGING),
                ("whatsapp_business_profile", "POST", profile.update, MESSAGING),
                ("whatsapp_commerce_settings", "GET", commerce.get, MANAGEMENT),
                ("whatsapp_commerce_settings", "POST", commerce.update, MANAGEMENT),
                ("block_users", "GET", blocks.listed, MESSAGING),
                ("block_users", "POST", blocks.block, MESSAGING),
                ("block_users", "DELETE", blocks.unblock, MESSAGING),
                ("settings", "GET", settings.get, MANAGEMENT),
                ("settings", "POST", settings.update, MANAGEMENT),
                ("username", "GET", usernames.get, MANAGEMENT),
                ("username", "POST", usernames.save, MANAGEMENT),
                ("username", "DELETE", usernames.remove, MANAGEMENT),
                ("username_suggestions", "GET", usernames.suggestions, MANAGEMENT),
                ("smb_app_data", "POST", coexistence.synchronise, MANAGEMENT),
                ("message_history", "GET", history.of_number, MANAGEMENT),
                ("events", "GET", history.events, MANAGEMENT),
                ("whatsapp_business_encryption", "GET", encryption.get, MESSAGING),
                ("whatsapp_business_encryption", "POST", encryption.save, MESSAGING),
                ("conversational_automation", "GET", automation.get, MANAGEMENT),
                ("conversational_automation", "POST", automation.update, MANAGEMENT),
                ("official_business_account", "GET", official.status, MANAGEMENT),
                ("official_business_account", "POST", official.apply, MANAGEMENT),
                ("business_compliance_info", "GET", official.compliance, MANAGEMENT),
                ("business_compliance_info", "POST", official.declare, MANAGEMENT),
            )
        },
        **{
            (PhoneNumber, "message_qrdls", method): Route(endpoint, MANAGEMENT, takes_rest=True)
            for method, endpoint in (
                ("GET", qr_codes.get),
                ("POST", qr_codes.save),
                ("DELETE", qr_codes.delete),
            )
        },
        (Signup, "", "GET"): Route(signups.get, MANAGEMENT),
        (Signup, "", "POST"): Route(signups.update, MANAGEMENT),
        (Waba, "", "GET"): Route(wabas.get, MANAGEMENT),
        (Waba, "", "POST"): Route(wabas.update, MANAGEMENT),
        (Waba, "assigned_users", "GET"): Route(staff.listed, MANAGEMENT),
        (Waba, "assigned_users", "POST"): Route(staff.assign, MANAGEMENT),
        (Waba, "assigned_users", "DELETE"): Route(staff.dismiss, MANAGEMENT),
        (Waba, "signups", "GET"): Route(signups.listed, MANAGEMENT),
        (Waba, "signups", "POST"): Route(signups.create, MANAGEMENT),
        (Waba, "phone_numbers", "GET"): Route(numbers.list_of_waba, MANAGEMENT),
        (Waba, "phone_numbers", "POST"): Route(adding.add, MANAGEMENT),
        (Waba, "subscribed_apps", "GET"): Route(wabas.subscriptions, MANAGEMENT),
        (Waba, "subscribed_apps", "POST"): Route(wabas.subscribe, MANAGEMENT),
        (Waba, "subscribed_apps", "DELETE"): Route(wabas.unsubscribe, MANAGEMENT),
        (Business, "", "GET"): Route(wabas.get_business),
        (Business, "owned_whatsapp_business_accounts", "GET"): Route(wabas.owned_by_business),
        (Business, "client_whatsapp_business_accounts", "GET"): Route(wabas.clients_of_business),
        (Business, "system_user_access_tokens", "POST"): Route(businesses.system_user_token),
        (Business, "onboard_partners_to_mm_lite", "POST"): Route(
            businesses.onboard_to_marketing_messages
        ),
        (User, "assigned_whatsapp_business_accounts", "GET"): Route(wabas.assigned_to_user),
    }
)
NAMED_ROUTES: PathRoutes = MappingProxyType({("me/businesses", "GET"): Route(wabas.my_businesses)})
