"""What a purchase was in the system that it comes over from."""
