"""How often the steps of a flow run, and when they go on."""
