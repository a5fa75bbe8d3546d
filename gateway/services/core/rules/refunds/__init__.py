"""How much of a payment went back, who wanted it, and what that does to its purchase."""
