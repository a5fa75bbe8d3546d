"""Many payments while providers fail, processes are killed and webhooks go astray: what was captured has one end."""
