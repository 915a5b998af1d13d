"""Messages components."""
