"""What has happened outside: kept once, and routed to whoever listens."""
