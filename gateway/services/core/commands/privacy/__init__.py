"""The commands of erasure and retention."""
