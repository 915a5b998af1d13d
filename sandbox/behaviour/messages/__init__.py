"""Sending: what a message must be, and what becomes of it."""
