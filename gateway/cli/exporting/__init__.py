"""`gateway export`: records to a file or to whoever reads what is printed."""
