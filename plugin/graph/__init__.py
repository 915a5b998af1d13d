"""Speaking Graph: calls, what comes back, Meta's errors, and what no call may give away."""
