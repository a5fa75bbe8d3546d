"""What leaves in bulk: rows as documented records, and sums of them for the books of others."""
