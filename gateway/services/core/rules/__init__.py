"""The rules that commands decide by, each a pure function of its arguments."""
