"""What must be true of payments, side by side."""
