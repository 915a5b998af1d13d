"""Triggers components."""
