"""Message templates: their life, and filling them in."""
