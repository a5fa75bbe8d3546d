"""Tables, constraints, engines and migrations; no rules."""
