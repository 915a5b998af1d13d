"""Uploaded and received files."""
