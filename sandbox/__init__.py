"""Meta, simulated: the Graph API, the login dialog, webhooks and phones, in one server."""
