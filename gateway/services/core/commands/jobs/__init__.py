"""What may be asked about jobs, which follow from what was committed."""
