"""What must be true of purchases, and of the accesses that belong to them."""
