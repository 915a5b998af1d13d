"""What Meta delivers: the endpoint that takes it, and the events that it becomes."""
