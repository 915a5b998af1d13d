"""People: whom a message is for, and who wrote."""
