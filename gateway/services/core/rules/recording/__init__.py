"""The sessions that were held: which number each has, and whose used sessions it counts among."""
