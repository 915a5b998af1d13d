"""The manifest, and what the administrator has configured by it."""
