"""Where a login may send people back to: what the app's settings at Meta allow."""

from __future__ import annotations

from urllib.parse import urlsplit

from ...world.entities import App

LOOPBACK = ("localhost", "127.0.0.1", "::1")
# The words of the page, and of code 191 where a code is exchanged.
FOREIGN_DOMAIN = (
    "Can't load URL: The domain of this URL isn't included in the app's domains. To be able to "
    "load this URL, add all domains and subdomains of your app to the App Domains field in your "
    "app settings."
)
NOT_LISTED = (
    "URL blocked: This redirect failed because the redirect URI is not white-listed in the app's "
    "client OAuth settings. Make sure that the client and web OAuth logins are on and add all your "
    "app domains as valid OAuth redirect URIs."
)


def refusal(app: App, uri: str) -> str | None:
    """What is wrong with an address; the domains of an app are those of its redirect URIs."""
    parts = urlsplit(uri)
    if parts.scheme in ("http", "https") and parts.hostname in LOOPBACK:
        return None
    domains = {urlsplit(known).hostname for known in app.redirect_uris}
    if parts.hostname is None or parts.hostname not in domains:
        return FOREIGN_DOMAIN
    return None if uri in app.redirect_uris else NOT_LISTED
