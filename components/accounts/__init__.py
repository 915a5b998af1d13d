"""Business accounts components."""
