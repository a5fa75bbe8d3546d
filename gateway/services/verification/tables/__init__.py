"""One file for what must be true of a table's rows, or of one side of them."""
