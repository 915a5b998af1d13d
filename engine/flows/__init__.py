"""Flow documents: what they may say, what is wrong with them, and which version runs."""
