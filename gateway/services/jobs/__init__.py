"""Work that nobody waits for: jobs run, providers asked again, events delivered, foreign intents judged."""
