"""What `gateway student erase` and `gateway prune` do."""
