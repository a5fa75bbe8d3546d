"""The sessions that are held under a purchase, recorded and withdrawn."""
