"""What one process counts and times, as plain numbers, for whoever asks; nothing where nobody does."""
