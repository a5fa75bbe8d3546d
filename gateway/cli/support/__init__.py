"""What a support engineer does at a terminal: look at one thing, and act on it."""
