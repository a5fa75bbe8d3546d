"""How purchases of an old system are read from files and queries, by a mapping, and reported."""
