"""An operation bounded, priced and run, the same under every transport."""
