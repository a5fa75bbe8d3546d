"""Every number that a process keeps itself: its name, what it tells, and its labels, whose values are ours alone.

No label has an id, or a text that a stranger wrote: each has as many values as the schema, the settings or the code.
"""

from gateway.services.measures.instruments import About, Asked, Counter, Gauge, Histogram, Instrument

FAST_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
HTTP_S = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Those that OpenTelemetry advises for `http.server.request.duration`."""
SLOW_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 25.0, 60.0, 300.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class Measures:
    """Those of one process."""

    def __init__(self) -> None:
        self.requests = Histogram(
            About(
                "http_server_request_duration_seconds",
                "HTTP requests by method, route and status (OpenTelemetry's http.server.request.duration).",
                ("http_request_method", "http_route", "http_response_status_code"),
            ),
            HTTP_S,
        )
        self.operations = Histogram(
            About(
                "gateway_operation_duration_seconds",
                "GraphQL queries and mutations by kind, and whether they had errors or were refused.",
                ("kind", "result"),
            ),
            FAST_S,
        )
        self.outcomes = Counter(
            About(
                "gateway_mutation_outcomes_total",
                "What mutations came to: a type of the union that answers each.",
                ("operation", "type"),
            )
        )
        self.problems = Counter(
            About("gateway_problems_total", "Expected failures of mutations, by code.", ("operation", "code"))
        )
        self.errors = Counter(About("gateway_errors_total", "GraphQL errors that were answered, by code.", ("code",)))
        self.subscriptions = Gauge(About("gateway_subscriptions_open", "Subscriptions that are open now."))
        self.turn_s = Histogram(
            About("gateway_writer_turn_duration_seconds", "Turns of the writer: load, decide, save and commit."), FAST_S
        )
        self.turn_commands = Histogram(
            About("gateway_writer_turn_commands", "Commands that were decided in one turn."), SIZES
        )
        self.wait_s = Histogram(
            About("gateway_writer_wait_seconds", "How long groups of commands waited for their turn."), FAST_S
        )
        self.queue = Gauge(About("gateway_writer_queue_commands", "Commands that wait for a turn now."))
        self.busy = Counter(About("gateway_writer_busy_total", "Commands that were answered BUSY without a turn."))
        self.writable = Gauge(
            About("gateway_writer_is_writing", "1 where the database takes what is written, else 0."), "min"
        )
        self.provider_calls = Histogram(
            About(
                "gateway_provider_call_duration_seconds",
                "Calls of a payment provider's API: answered, unavailable (no answer in time), busy, or failed.",
                ("provider", "call", "result"),
            ),
            SLOW_S,
        )
        self.jobs = Histogram(
            About(
                "gateway_job_run_duration_seconds",
                "Runs of jobs, by kind and by the state of the job after it.",
                ("kind", "state"),
            ),
            SLOW_S,
        )
        self.deliveries = Counter(
            About(
                "gateway_deliveries_total",
                "Events sent to subscribers: delivered, or undelivered and to be tried again.",
                ("subscriber", "result"),
            )
        )
        self.reads = Counter(
            About(
                "gateway_reads_total",
                "Statements that read, by look-up: at once on the event loop, or gathered and waited for.",
                ("read", "way"),
            )
        )
        self.loop_lag_s = Histogram(
            About("gateway_event_loop_lag_seconds", "How late the event loop comes to what is due."), FAST_S
        )
        self.deaths = Counter(
            About("gateway_process_deaths_total", "Processes that died, and were followed by the next.", ("process",))
        )
        self.processes = Gauge(About("gateway_processes", "Processes that report, by what they do.", ("process",)))
        self.cpu_s = Counter(About("gateway_process_cpu_seconds_total", "Time on a core.", ("process", "mode")))
        self.memory = Gauge(
            About("gateway_process_resident_memory_bytes", "Memory in use, by what the processes do.", ("process",))
        )
        self.asked: list[Asked] = []
        """What brings numbers up to date, before they are read."""

    def all(self) -> list[Instrument]:
        """Each of them, up to date."""
        for bring_up_to_date in self.asked:
            bring_up_to_date()
        return [each for each in vars(self).values() if isinstance(each, Instrument)]
