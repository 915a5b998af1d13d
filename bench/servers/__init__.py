"""The processes that are measured, one module each."""
