"""The sandbox's own controls."""
