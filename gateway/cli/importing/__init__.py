"""`gateway import`: purchases of an old system come over."""
