"""What is right or wrong in an input by itself."""
