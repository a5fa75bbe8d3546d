"""The doors: each resolver permits, turns input into a call, and an outcome into its GraphQL type."""
