"""What comes over from an old system: what may, and the rows that it becomes here."""
