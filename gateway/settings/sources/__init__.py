"""Where settings come from, beside the environment itself: a .env file, and files that hold a secret each."""
