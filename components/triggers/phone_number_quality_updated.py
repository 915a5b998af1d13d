"""Phone Number Quality Updated: starts a run when a number may write to more or fewer people."""

from __future__ import annotations

from ...plugin.triggers.news import NewsTrigger, news_samples
from ...plugin.triggers.news_samples import NUMBER_QUALITIES
from ...plugin.triggers.number_news import PhoneNumberQualityUpdate


class PhoneNumberQualityUpdated(NewsTrigger):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/phone_number_quality_update"""

    label = "Phone Number Quality Updated"
    description = "Starts a run when the limit or the throughput of a number changes."
    keywords = ("Messaging Limit", "Tier", "Throughput", "Quality Rating")
    events = ("phone_number_quality_update",)
    Output = PhoneNumberQualityUpdate
    samples = news_samples(PhoneNumberQualityUpdate, events[0], NUMBER_QUALITIES)
