"""`gateway verify`: what it does, what it says, and how it ends."""
