"""What browsers are shown, as package data: the built page, and the style of the short ones."""
