"""What is looked at as a whole, in the API."""
