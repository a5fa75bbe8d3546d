"""Who a caller is: bearer tokens, verified by our own secret or by an issuer's keys."""
