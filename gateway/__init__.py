"""One GraphQL gateway for payments, purchases and course access."""
