"""The read side: look-ups of all requests gathered, one statement a kind, values of the core."""
