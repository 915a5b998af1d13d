"""Who uses the engine, and in whose name: owners, accounts and configuration."""
