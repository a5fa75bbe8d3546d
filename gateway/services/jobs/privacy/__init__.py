"""What the sweeps do for privacy: nothing is kept for longer than it is needed."""
