"""Databases of any size for measurements: rows as the product writes them, in a few minutes for millions."""
