"""On which days, at which instants sessions take place."""
