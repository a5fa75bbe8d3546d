"""Stripe: its API, what its words mean here, and how its webhooks are signed."""
