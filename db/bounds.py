"""How long a PostgreSQL server may take over anything, before a connection to it is given up."""

CONNECT_S = 4
"""To take a connection. Where a host has several addresses, or a URL several hosts, each of them."""

SILENCE_S = 6.0
"""To say anything: longer than a statement or a commit of ours takes, and than any lock is waited for. A caller is
answered, or asked on a new connection, within twice of that."""
