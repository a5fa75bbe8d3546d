"""What measures the product."""
