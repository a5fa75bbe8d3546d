"""The servers that the gateway is measured beside."""
