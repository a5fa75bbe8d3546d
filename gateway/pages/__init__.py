"""What a browser gets: GraphiQL, the checkout example, and the demo behind both."""
