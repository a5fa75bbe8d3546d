"""Who a caller is: bearer tokens, judged by our own secret or by an issuer's keys."""
