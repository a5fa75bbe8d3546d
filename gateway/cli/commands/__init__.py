"""The commands by what they are for: their words on the terminal, and what each needs before it begins."""
