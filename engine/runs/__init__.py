"""Runs: what a flow does with one event, segment by segment."""
