"""Whoever is told of what happened here, each by its own words."""
