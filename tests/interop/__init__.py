"""What other people's tools say of a served gateway."""
