"""What was committed, told to whoever watches, in this process and in others."""
