"""What the operator decides: each group of settings with its own rules."""
