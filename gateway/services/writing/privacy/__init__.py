"""What the writer loads and saves for erasure and retention."""
