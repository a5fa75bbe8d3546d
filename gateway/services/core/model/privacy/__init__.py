"""The values of erasure and retention."""
