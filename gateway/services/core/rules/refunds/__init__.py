"""How much of a payment went back, by whose wish, and what that does to what it had become."""
