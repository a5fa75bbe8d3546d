"""The mutations by subject: permit, turn the input into a command, submit it, answer."""
