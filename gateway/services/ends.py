"""How long whatever stops may take to, from the inside out: each bound is later than all that it contains together.

A process that was told to stop waits for others on its way out, and any of them may hang: a disk, a database, a
provider, a client. Each wait ends by a bound of its own, and what does not come by then is left behind. Only where that
fails, too, does the next bound end more than one part: the application's, the process's alarm, the one who started it.

Seconds, all of them. What a process may take before, for answers and jobs under way, is its operator's to say:
`GATEWAY_DRAIN_S` and `GATEWAY_STOP_S`.
"""

MARGIN_S = 0.25
"""By which a bound is later than the sum of what it contains: a look more, on a busy machine."""

# ------------------------------------------------------------ what a process stands on, one after the other

JOBS_S = 0.5
"""To give the jobs that are late to other processes."""

FOLLOWING_S = 0.25
"""To break off what follows the database: a connection that is asked nothing closes at once."""

TURN_S = 1.5
"""For the writer's turn that is under way, and those of who waits behind it; of a writer elsewhere likewise."""

RELEASE_S = 0.25
"""To let go of the writer's connection."""

READS_S = 0.25
"""For the reads under way."""

CLIENTS_S = 0.25
"""To close the connections to providers and subscribers."""

SERVICES_S = FOLLOWING_S + TURN_S + RELEASE_S + READS_S + CLIENTS_S

APPLICATION_S = JOBS_S + FOLLOWING_S + SERVICES_S + MARGIN_S

# ------------------------------------------------------------ a process

HEARD_S = 0.25
"""From the signal until it is heard: the server looks ten times a second."""

FLUSH_S = 0.5
"""For those who were cut off: to end what they do, and once more to read their answers."""

PROCESS_S = HEARD_S + 2 * FLUSH_S + APPLICATION_S

ALARM_S = PROCESS_S + MARGIN_S
"""Then the operating system ends it."""

# ------------------------------------------------------------ the writer's process, and the one that keeps it

HANG_UP_S = 0.5
"""For those who are connected to read their answers."""

WRITER_S = TURN_S + RELEASE_S + HANG_UP_S + MARGIN_S

WRITER_KILLED_S = WRITER_S + MARGIN_S
"""Then its keeper kills it."""

# ------------------------------------------------------------ all of them, under the one who started them

KILL_S = 0.25
"""For a process that is killed to be gone. One that waits for a disk may not be; it is left behind."""

KILLED_S = ALARM_S + MARGIN_S
"""Then one that serves is killed."""

KEEPER_S = WRITER_KILLED_S + MARGIN_S
"""Then a keeper, and the writer with it, once nobody is left whom it writes for."""

ALL_S = KILLED_S + KILL_S + KEEPER_S + 4 * KILL_S + MARGIN_S
"""Of two keepers, amid a reload, each is killed in two steps."""

PROMISED_S = 10
"""What `GATEWAY_STOP_S` says that a stop may take beside it, before who told us to stop may kill."""


def callers_gone_s(drain_s: float, stop_s: float) -> float:
    """By when no process that serves is connected to its writer, where all were told to stop at once."""
    return drain_s + stop_s + KILLED_S + KILL_S


def writer_killed_s(drain_s: float, stop_s: float) -> float:
    """By when a writer that goes on for them is killed by its keeper, where it hangs."""
    return callers_gone_s(drain_s, stop_s) + WRITER_KILLED_S
