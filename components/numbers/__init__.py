"""Sender phone numbers components."""
