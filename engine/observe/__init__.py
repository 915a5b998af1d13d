"""What is seen of an engine: its log, metrics, stream and long-lived tasks."""
