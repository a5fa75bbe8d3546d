"""`gateway export` and `gateway report`: records, and sums of them, to a file or to whoever reads what is printed."""
