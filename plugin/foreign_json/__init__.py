"""JSON that others have written: reading it at all, and reading values in it of whatever shape."""
