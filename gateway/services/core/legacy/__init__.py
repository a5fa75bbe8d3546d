"""The JSON of the platform's old callers, read into commands."""
