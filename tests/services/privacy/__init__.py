"""Erasure and retention: who goes, what goes, and what stays."""
