"""What an operator's monitor is told."""
