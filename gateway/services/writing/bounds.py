"""How long a turn may take, and those who wait for it: each bound is a sum of those within it, and later than they.

A process that ends waits for none of them: see `gateway.services.ends`.
"""

from db.bounds import CONNECT_S, SILENCE_S

AGAIN_S = SILENCE_S + CONNECT_S
"""How long after its begin a turn is still run again: once a server has said nothing, and another took its time to take
a connection."""

LONGEST_TURN_S = AGAIN_S + CONNECT_S + SILENCE_S
"""The longest that a turn takes at a server that says nothing: its last run begins at the last moment."""

WATCH_S = 0.5
"""Between two looks whether the turn under way hangs; none is taken while there is no turn."""

HANGS_S = LONGEST_TURN_S + 1
"""How long a turn may take before its callers, and those behind it, are told that the writer is busy. What takes longer
than any server's silence is a disk that hangs."""

ANSWERS_S = HANGS_S + WATCH_S + 1
"""How long a writer in another process may take to answer: what it tells of a turn that hangs comes first."""
