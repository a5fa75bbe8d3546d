"""The nouns: values, states, outcomes, and what a command is; nothing here decides."""
