"""The login dialog, tokens and permissions."""
