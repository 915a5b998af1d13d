"""What the connector offers, as it was asked for, by the command that lists it."""

from __future__ import annotations

import json
from pathlib import Path

from .shell import Shell

NOBODY = "http://127.0.0.1:9"  # an engine that does not run, and is not needed
WANTED = {
    "Messages": (
        "SendText SendImage SendVideo SendAudio SendDocument SendSticker SendLocation SendContacts"
        " SendReaction MarkAsRead"
    ),
    "Interactive": (
        "SendButtons SendList SendLinkButton SendFlow SendCarousel SendProduct SendProductList"
        " SendCatalog RequestLocation RequestAddress RequestContact RequestCallPermission"
        " SendCallButton SendOrderDetails SendOrderStatus"
    ),
    "Templates": (
        "SendTemplate SendMarketingTemplate CreateTemplate EditTemplate DeleteTemplate GetTemplate"
        " ListTemplates"
    ),
    "Media": "UploadMedia GetMediaUrl DownloadMedia DeleteMedia",
    "Phone Numbers": (
        "RequestVerificationCode VerifyCode SetTwoStepPin GetBusinessProfile UpdateBusinessProfile"
        " BlockUser UnblockUser ListBlockedUsers CreateQrCode GetQrCode ListQrCodes UpdateQrCode"
        " DeleteQrCode"
    ),
    "Triggers": (
        "NewMessage MessageStatusUpdated MessageEchoed TemplateStatusUpdated TemplateQualityUpdated"
        " PhoneNumberQualityUpdated AccountUpdated FlowCompleted NewOrder UserPreferenceChanged"
        " NewEvent"
    ),
    "Advanced": "MakeApiCall",
}

# What begins a flow stands first, then what people get, then what is seldom needed.
ORDER = [
    "Triggers",
    "Messages",
    "Interactive",
    "Templates",
    "Media",
    "Phone Numbers",
    "Accounts",
    "Advanced",
]


def test_each_component_that_was_asked_for_is_listed_in_its_group_and_the_groups_in_order(
    tmp_path: Path,
) -> None:
    code, shown, _ = Shell(tmp_path, NOBODY).run("components", "--json")

    connectors = {each["id"]: each for each in json.loads(shown)["connectors"]}
    groups = {
        each["name"].removeprefix("appmixer.whatsapp."): each["group"]
        for each in connectors["appmixer:whatsapp"]["components"]
    }
    wanted = {name: group for group, names in WANTED.items() for name in names.split()}
    shown_groups = list(dict.fromkeys(groups.values()))
    assert code == 0
    assert shown_groups == ORDER
    assert {name: groups.get(name) for name in wanted} == wanted
