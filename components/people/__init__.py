"""Components about people who write to a sender number."""
