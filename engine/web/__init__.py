"""The engine's own page, as package data."""
