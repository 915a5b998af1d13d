"""Message templates components."""
