"""Meta's examples of what it tells of accounts, their numbers and templates: one for each kind."""

from __future__ import annotations

from appmixer.engine.contract import Json, JsonObject

TEMPLATE: dict[str, Json] = {
    "message_template_id": 1689556908129832,
    "message_template_name": "order_confirmation",
    "message_template_language": "en_US",
}
MARKETING: dict[str, Json] = {**TEMPLATE, "message_template_category": "MARKETING"}

# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/message_template_status_update
TEMPLATE_STATUSES: dict[str, JsonObject] = {
    "approved": {"event": "APPROVED", **MARKETING, "reason": "NONE"},
    "rejected": {
        "event": "REJECTED",
        **MARKETING,
        "reason": "INVALID_FORMAT",
        "rejection_info": {
            "reason": "Two parameters stand next to each other.",
            "recommendation": "Separate them with words.",
        },
    },
    "paused": {
        "event": "PAUSED",
        **MARKETING,
        "reason": "NONE",
        "other_info": {
            "title": "FIRST_PAUSE",
            "description": "Your WhatsApp message template has been paused for 3 hours.",
        },
    },
    "disabled": {
        "event": "DISABLED",
        **MARKETING,
        "reason": "NONE",
        "disable_info": {"disable_date": "1790000000"},
        "other_info": {
            "title": "DISABLED",
            "description": "Your WhatsApp message template has been disabled.",
        },
    },
    "pending deletion": {"event": "PENDING_DELETION", **MARKETING, "reason": None},
}
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/message_template_quality_update
TEMPLATE_QUALITIES: dict[str, JsonObject] = {
    "worse": {"previous_quality_score": "GREEN", "new_quality_score": "YELLOW", **TEMPLATE},
}
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/template_category_update
TEMPLATE_CATEGORIES: dict[str, JsonObject] = {
    "changed": {**TEMPLATE, "previous_category": "UTILITY", "new_category": "MARKETING"},
    "about to change": {
        **TEMPLATE,
        "new_category": "UTILITY",
        "correct_category": "MARKETING",
        "category_update_timestamp": 1790086400,
    },
}
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/phone_number_quality_update
NUMBER_QUALITIES: dict[str, JsonObject] = {
    "onboarding": {
        "display_phone_number": "15550783881",
        "event": "ONBOARDING",
        "max_daily_conversations_per_business": "TIER_250",
    },
    "more throughput": {
        "display_phone_number": "15550783881",
        "event": "THROUGHPUT_UPGRADE",
        "current_limit": "TIER_UNLIMITED",
        "max_daily_conversations_per_business": "TIER_UNLIMITED",
    },
}
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/account_update
ACCOUNT_UPDATES: dict[str, JsonObject] = {
    "restricted": {
        "event": "ACCOUNT_RESTRICTION",
        "restriction_info": [
            {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": 1790259200}
        ],
    },
    "violation": {"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "ADULT"}},
    "to be disabled": {
        "event": "DISABLED_UPDATE",
        "ban_info": {
            "waba_ban_state": "SCHEDULE_FOR_DISABLE",
            "waba_ban_date": "October 17, 2026",
        },
    },
    "deleted": {"event": "ACCOUNT_DELETED"},
    "phone app disconnected": {
        "event": "PARTNER_REMOVED",
        "phone_number": "15550783881",
        "disconnection_info": {"reason": "PRIMARY_INACTIVITY", "initiated_by": "SYSTEM"},
    },
}
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/account_alerts
ACCOUNT_ALERTS: dict[str, JsonObject] = {
    "alert": {
        "entity_type": "PHONE_NUMBER",
        "entity_id": "106540352242922",
        "alert_info": {
            "alert_severity": "WARNING",
            "alert_status": "ACTIVE",
            "alert_type": "PROFILE_PICTURE_LOST",
            "alert_description": "Please reupload your profile picture",
        },
    },
}
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/account_review_update
ACCOUNT_REVIEWS: dict[str, JsonObject] = {"reviewed": {"decision": "APPROVED"}}
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/business_capability_update
CAPABILITIES: dict[str, JsonObject] = {
    "other limits": {"max_daily_conversations_per_business": 2000, "max_phone_numbers_per_waba": 25}
}
