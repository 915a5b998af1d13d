"""What interactive messages are made of: frame, buttons, lists, cards, products, addresses."""
