"""What inputs ask for again and again: senders and business accounts, offered and proven."""
