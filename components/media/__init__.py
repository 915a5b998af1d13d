"""Media components."""
