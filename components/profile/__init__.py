"""Business profile components."""
