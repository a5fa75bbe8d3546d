"""Plans and graphql-core give the same answers, whatever is asked of whichever schema."""
