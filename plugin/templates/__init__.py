"""Message templates: how they are defined, what they are filled with, and whether that fits."""
