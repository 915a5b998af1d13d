"""Builds the two distributions of this repository; run by `make wheels`."""
