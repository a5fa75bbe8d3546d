"""What an operation is given: its variables, and the arguments of its fields."""
