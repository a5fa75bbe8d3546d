"""The sessions that were held, and what the commands about them come to."""
