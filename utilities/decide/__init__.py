"""Which way a flow goes on, and with what."""
