"""What an operator does about a gateway as a whole: examine what it stands on, and see to its schema."""
