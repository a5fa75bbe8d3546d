"""The commands that bring purchases over from an old system."""
