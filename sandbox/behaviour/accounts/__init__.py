"""Business accounts and phone numbers."""
