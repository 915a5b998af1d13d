"""What a flow, or all flows of an owner, keep for later runs."""
