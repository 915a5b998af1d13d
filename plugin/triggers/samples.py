"""One event for each kind of message and status, as the plugin passes them to triggers."""

from __future__ import annotations

from appmixer.engine.contract import Json, JsonObject

PLACE: dict[str, Json] = {
    "wabaId": "102290129340398",
    "phoneNumberId": "106540352242922",
    "displayPhoneNumber": "15550783881",
    "field": "messages",
}

CONTACT: JsonObject = {"profile": {"name": "Sheena Nelson"}, "wa_id": "16505551234"}

# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages
MESSAGE_EVENTS: dict[str, JsonObject] = {
    "text": {
        **PLACE,
        "contact": {
            "profile": {"name": "Sheena Nelson", "username": "sheena.nelson"},
            "wa_id": "16505551234",
            "user_id": "US.13491208655302741918",
            "parent_user_id": "US.ENT.11815799212886844830",
        },
        "message": {
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "from_user_id": "US.13491208655302741918",
            "from_parent_user_id": "US.ENT.11815799212886844830",
            "type": "text",
            "text": {"body": "Does it come in another color?"},
        },
    },
    "image": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "type": "image",
            "image": {
                "caption": "Taj Mahal",
                "mime_type": "image/jpeg",
                "sha256": "YQXWzHavQAMl6U1YjOURvlv9u3O0N9xR7KQ5F9ekPj0=",
                "id": "1003383421387256",
                "url": "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1003383421387256",
            },
        },
    },
    "voice message": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "type": "audio",
            "audio": {
                "mime_type": "audio/ogg; codecs=opus",
                "sha256": "btiRnOIEkKXjrYYwpPq2lHUper0H23ORjdXzb8+usRs=",
                "id": "1908647269898587",
                "url": "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1908647269898587",
                "voice": True,
            },
        },
    },
    "document": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "type": "document",
            "document": {
                "caption": "my receipt",
                "filename": "receipt.pdf",
                "mime_type": "application/pdf",
                "sha256": "Q8wj+lK4e0zB0CtbEUFUFR1q3dsXyf3cBrAn+pniQAg=",
                "id": "622684793477189",
                "url": "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=622684793477189",
            },
        },
    },
    "sticker": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "type": "sticker",
            "sticker": {
                "mime_type": "image/webp",
                "sha256": "V8SxOkxzNecvFmngUG6ZII3x2gUMEl2meLI+u1W/TGE=",
                "id": "1108647269894321",
                "url": "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1108647269894321",
                "animated": False,
            },
        },
    },
    "video": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "type": "video",
            "video": {
                "caption": "Timelapse of growth",
                "mime_type": "video/mp4",
                "sha256": "DKsclhdAT68rJOIh4YnKWUWBPhTT92Y0WwnKE7vij/w=",
                "id": "731675419373506",
                "url": "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=731675419373506",
            },
        },
    },
    "location": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "type": "location",
            "location": {
                "address": "101 Forest Ave, Palo Alto, CA 94301",
                "latitude": 37.44221496582,
                "longitude": -122.16165924072,
                "name": "Philz Coffee",
                "url": "https://philzcoffee.com/",
            },
        },
    },
    "contact cards": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "type": "contacts",
            "contacts": [
                {
                    "name": {
                        "first_name": "Barbara",
                        "last_name": "Johnson",
                        "formatted_name": "Barbara J. Johnson",
                    },
                    "org": {"company": "Social Tsunami"},
                    "phones": [
                        {"phone": "+1 (415) 555-0829", "wa_id": "14155550829", "type": "MOBILE"}
                    ],
                }
            ],
        },
    },
    "reaction": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "type": "reaction",
            "reaction": {
                "message_id": "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5ODhENEUyRkUxQjJDQjFFOEEA",
                "emoji": "👍",
            },
        },
    },
    "tapped button": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "context": {
                "from": "15550783881",
                "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5ODhENEUyRkUxQjJDQjFFOEEA",
            },
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "type": "interactive",
            "interactive": {
                "type": "button_reply",
                "button_reply": {"id": "cancel-button", "title": "Cancel"},
            },
        },
    },
    "chosen list row": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "context": {
                "from": "15550783881",
                "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5ODhENEUyRkUxQjJDQjFFOEEA",
            },
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "type": "interactive",
            "interactive": {
                "type": "list_reply",
                "list_reply": {
                    "id": "priority_express",
                    "title": "Priority Mail Express",
                    "description": "Next Day to 2 Days",
                },
            },
        },
    },
    "filled-in form": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "context": {
                "from": "15550783881",
                "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5ODhENEUyRkUxQjJDQjFFOEEA",
            },
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "type": "interactive",
            "interactive": {
                "type": "nfm_reply",
                "nfm_reply": {
                    "name": "flow",
                    "body": "Sent",
                    "response_json": (
                        '{"flow_token": "order-7781", "preferred_day": "2026-10-02", '
                        '"comment": "Afternoon please"}'
                    ),
                },
            },
        },
    },
    "tapped template button": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "context": {
                "from": "15550783881",
                "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5ODhENEUyRkUxQjJDQjFFOEEA",
            },
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "type": "button",
            "button": {"payload": "Unsubscribe", "text": "Unsubscribe"},
        },
    },
    "order": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "type": "order",
            "order": {
                "catalog_id": "194836987003835",
                "text": "Love these!",
                "product_items": [
                    {
                        "product_retailer_id": "di9ozbzfi4",
                        "quantity": 2,
                        "item_price": 30,
                        "currency": "USD",
                    },
                    {
                        "product_retailer_id": "nqryix03ez",
                        "quantity": 1,
                        "item_price": 25,
                        "currency": "USD",
                    },
                ],
            },
        },
    },
    "answer to a message": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "context": {
                "from": "15550783881",
                "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5ODhENEUyRkUxQjJDQjFFOEEA",
            },
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "type": "text",
            "text": {"body": "Yes, that one please"},
        },
    },
    "forwarded text": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "context": {"forwarded": True},
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "type": "text",
            "text": {"body": "Look at this"},
        },
    },
    "from an ad": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "referral": {
                "source_url": "https://fb.me/3cr4Wqqkv",
                "source_id": "120226305854810726",
                "source_type": "ad",
                "body": "Summer Succulents are here!",
                "headline": "Chat with us",
                "media_type": "image",
                "image_url": "https://scontent.xx.fbcdn.net/v/t45.fixture",
                "ctwa_clid": "Aff-n8ZTODiE79d22KtAwQKj9e_fixture",
                "welcome_message": {"text": "Hi there! Let us know how we can help!"},
            },
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "type": "text",
            "text": {"body": "Can I get more info about this?"},
        },
    },
    "in a group": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "group_id": "Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjM0MDQ2OTQyMzM4MjAZD",
            "type": "text",
            "text": {"body": "What do you all think about this?"},
        },
    },
    "changed number": {
        **PLACE,
        "message": {
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "type": "system",
            "system": {
                "body": "User Sheena Nelson changed from 16505551234 to 12195555358",
                "wa_id": "12195555358",
                "type": "user_changed_number",
            },
        },
    },
    "edited": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUUxOUZGMDVCOTgzRDU2NUVBQQA=",
            "timestamp": "1790000000",
            "type": "edit",
            "edit": {
                "original_message_id": (
                    "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA="
                ),
                "message": {
                    "context": {"id": "M0"},
                    "type": "text",
                    "text": {"body": "Does it come in green?"},
                },
            },
        },
    },
    "deleted": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQTRFM0ZFOThDQ0M2RDJGOUY1QgA=",
            "timestamp": "1790000000",
            "type": "revoke",
            "revoke": {
                "original_message_id": (
                    "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA="
                )
            },
        },
    },
    "unsupported": {
        **PLACE,
        "contact": CONTACT,
        "message": {
            "from": "16505551234",
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgASGBQzQUVBMzlCRTIyRjg3ODBGODUxQgA=",
            "timestamp": "1790000000",
            "errors": [
                {
                    "code": 131051,
                    "title": "Message type unknown",
                    "message": "Message type unknown",
                    "error_data": {"details": "Message type is currently not supported."},
                }
            ],
            "type": "unsupported",
            "unsupported": {"type": "edit"},
        },
    },
}

STATUS_EVENTS: dict[str, JsonObject] = {
    "sent": {
        **PLACE,
        "status": {
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5REQyODhCNDM1RDRGNzc2RDgA",
            "status": "sent",
            "timestamp": "1790000000",
            "recipient_id": "16505551234",
            "pricing": {
                "billable": True,
                "pricing_model": "PMP",
                "type": "regular",
                "category": "utility",
            },
            "biz_opaque_callback_data": "order:860198|tenant:42",
        },
    },
    "delivered": {
        **PLACE,
        "contact": {
            "profile": {"name": "Sheena Nelson", "username": "sheena.nelson"},
            "wa_id": "16505551234",
            "user_id": "US.13491208655302741918",
            "parent_user_id": "US.ENT.11815799212886844830",
        },
        "status": {
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5REQyODhCNDM1RDRGNzc2RDgA",
            "status": "delivered",
            "timestamp": "1790000002",
            "recipient_id": "16505551234",
            "recipient_user_id": "US.13491208655302741918",
            "recipient_parent_user_id": "US.ENT.11815799212886844830",
        },
    },
    "read": {
        **PLACE,
        "status": {
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5REQyODhCNDM1RDRGNzc2RDgA",
            "status": "read",
            "timestamp": "1790000030",
            "recipient_id": "16505551234",
        },
    },
    "played": {
        **PLACE,
        "status": {
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5REQyODhCNDM1RDRGNzc2RDgA",
            "status": "played",
            "timestamp": "1790000040",
            "recipient_id": "16505551234",
        },
    },
    "failed": {
        **PLACE,
        "status": {
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5REQyODhCNDM1RDRGNzc2RDgA",
            "status": "failed",
            "timestamp": "1790000000",
            "recipient_id": "16505551234",
            "errors": [
                {
                    "code": 131047,
                    "title": "Re-engagement message",
                    "message": "Re-engagement message",
                    "error_data": {
                        "details": (
                            "Message failed to send because more than 24 hours have passed since "
                            "the customer last replied to this number."
                        ),
                    },
                    "href": (
                        "https://developers.facebook.com/documentation/"
                        "business-messaging/whatsapp/support/error-codes"
                    ),
                }
            ],
        },
    },
}

ECHO_PLACE: dict[str, Json] = {**PLACE, "field": "smb_message_echoes"}
ECHO: dict[str, Json] = {
    "from": "15550783881",
    "to": "16505551234",
    "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI4N0Y2QkVBNzQ5NTM0OTg0QkEA",
    "timestamp": "1790000000",
}
ORIGINAL = "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBJBQkY3RjZCQTQ5ODgzODA3QjcA"

# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/smb_message_echoes
ECHO_EVENTS: dict[str, JsonObject] = {
    "text": {
        **ECHO_PLACE,
        "echo": {**ECHO, "type": "text", "text": {"body": "Here's the info you requested!"}},
    },
    "edited": {
        **ECHO_PLACE,
        "echo": {
            **ECHO,
            "type": "edit",
            "edit": {
                "original_message_id": ORIGINAL,
                "message": {"type": "text", "text": {"body": "Text was edited"}},
            },
        },
    },
    "deleted": {
        **ECHO_PLACE,
        "echo": {**ECHO, "type": "revoke", "revoke": {"original_message_id": ORIGINAL}},
    },
    "of another app": {
        **PLACE,
        "field": "standby",
        "echo": {
            "id": "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBIwRjMxMEY4ODZDODU1QUY0MjgA",
            "timestamp": "1790000000",
            "message": {
                "messaging_product": "whatsapp",
                "to": "16505551234",
                "recipient_type": "individual",
                "type": "text",
                "text": {"body": "Hello! Your order #12345 has shipped.", "preview_url": True},
            },
        },
    },
}

CHOICE: dict[str, Json] = {
    "wa_id": "16505551234",
    "category": "marketing_messages",
    "timestamp": 1790000000,
}
# https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/user_preferences
PREFERENCE_EVENTS: dict[str, JsonObject] = {
    name: {**PLACE, "field": "user_preferences", "contact": CONTACT, "userPreference": said}
    for name, said in {
        "stop": {
            **CHOICE,
            "value": "stop",
            "detail": "User requested to stop marketing messages",
        },
        "resume": {
            **CHOICE,
            "value": "resume",
            "detail": "User requested to resume marketing messages",
        },
        "signup": {
            **CHOICE,
            "value": "signup",
            "detail": "User signed up via signup link",
            "signup_id": "13176843987434774",
        },
    }.items()
}

OTHER_EVENTS: dict[str, JsonObject] = {
    # https://developers.facebook.com/documentation/business-messaging/whatsapp/groups/webhooks
    "in a group": {
        **PLACE,
        "field": "group_status_update",
        "value": {
            "messaging_product": "whatsapp",
            "groups": [
                {
                    "timestamp": "1790000000",
                    "group_id": "Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjM0MDQ2OTQyMzM4MjAZD",
                    "type": "group_suspend",
                }
            ],
        },
    },
    "at the account": {
        "wabaId": "102290129340398",
        "field": "security",
        "entryTime": 1790000000,
        "value": {
            "display_phone_number": "15550783881",
            "event": "PIN_CHANGED",
            "requester": "61555822107539",
        },
    },
    "message": MESSAGE_EVENTS["text"],
    "status": STATUS_EVENTS["sent"],
}
