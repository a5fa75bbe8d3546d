"""What support looks for: students, whatever a text names, and what needs a person."""
