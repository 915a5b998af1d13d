"""How flows begin, and what answers and tells from there."""
