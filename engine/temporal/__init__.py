"""Runs over Temporal: how a service of it is reached."""
