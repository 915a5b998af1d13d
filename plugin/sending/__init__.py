"""What every send shares: what it is asked for with, what it gives back, and the send itself."""
