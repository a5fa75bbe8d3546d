"""Checkouts and intents that another system opened: whose they are, and what becomes of them."""
