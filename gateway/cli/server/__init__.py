"""The server: its connections over uvicorn's, and how processes share them."""
