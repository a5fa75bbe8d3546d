"""Streams: which answer is one, how it is written, and how it ends."""
