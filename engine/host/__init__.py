"""The engine put together, and what it hands to connectors."""
