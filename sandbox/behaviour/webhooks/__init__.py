"""Webhooks: envelopes, signatures, subscriptions, delivery."""
