"""The mutations by subject: input, success and the union of what it may come to, side by side."""
