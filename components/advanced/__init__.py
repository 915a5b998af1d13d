"""Components for what no other component does."""
