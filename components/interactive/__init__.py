"""Interactive components."""
