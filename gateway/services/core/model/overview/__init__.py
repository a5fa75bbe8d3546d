"""Values that things are looked at as a whole by."""
