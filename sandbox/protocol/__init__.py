"""Graph's words: errors, fields, parameters, lists, and the bytes of webhooks. No state."""
