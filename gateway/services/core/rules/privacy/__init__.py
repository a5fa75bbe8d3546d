"""The rules of erasure and retention."""
