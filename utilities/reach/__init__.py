"""Reaching out: to any address of the internet, and into files that people bring."""
