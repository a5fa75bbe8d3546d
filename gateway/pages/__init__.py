"""What a browser gets: GraphiQL, the checkout example, the console, and the demo behind them."""
