"""What must be true of every row, and the look through all of them: see README.md beside this file."""
