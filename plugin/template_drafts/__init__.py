"""Message templates as people write them: the form, Meta's components, and Meta's rules."""
