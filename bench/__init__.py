"""Measures the engine beside simpler things: `python -m bench`. No part of what is installed."""
