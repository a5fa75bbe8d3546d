"""What may be asked of the service: each command with what is wrong in it, its keys and its decision."""
