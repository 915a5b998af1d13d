"""Orders that are to be paid in the chat: their sums, the ways to pay, and what becomes of them."""
