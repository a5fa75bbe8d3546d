"""The writer in a process of its own: what crosses to it and back, and both ends of the line."""
