"""How the process works: whether it runs jobs, shows its pages, how much it writes at once, and how much it logs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from gateway.services.core.legacy.body import PLATFORM_TIME_ZONE
from gateway.services.core.rules.schedule.zones import is_time_zone
from gateway.settings.group import Group


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]


STOP_S = 20
"""Orchestrators commonly kill a process that was told to stop after 30 seconds."""


KEEP_ALIVE_S = 5
"""Idle connections cost a file each, and nothing bounds their number but this."""


class ProcessSettings(Group):
    """What this process does, beside answering the API."""

    env_file: Path | None = Field(
        default=None,
        description="A file of such settings, `NAME=value` lines, which the command reads when it starts; `gateway"
        " --env-file` names one too. What the environment has itself counts. Unset: `.env` in the working folder, if"
        " it is there.",
    )
    default_time_zone: str = Field(
        default=PLATFORM_TIME_ZONE, description="The time zone of slots that name none, on REST."
    )
    worker: bool = Field(
        default=True,
        description="Whether `serve` runs jobs as well. Turn it off where only `gateway worker` runs them.",
    )
    clock_is_right: bool = Field(
        default=False,
        description="Says at a start that the machine's clock is right, whatever its leaps and the database say: where"
        ' `/readyz` has `"clock": false` and you have looked. What is past its expiry ends at once. Take it away'
        " again: a start believes whatever the clock says while it is there.",
    )
    job_lease_s: int = Field(
        default=20,
        ge=2,
        le=300,
        description="Seconds for which a job is its runner's, who renews that while it lives: what a killed"
        " one was to do is another's after once and a half that time at most.",
    )
    stop_s: int = Field(
        default=STOP_S,
        ge=1,
        le=600,
        description="Seconds that requests and jobs under way have to end once the process is told to stop: fewer, by"
        " ten and `GATEWAY_DRAIN_S`, than it has until it is killed, which is commonly after 30.",
    )
    drain_s: float = Field(
        default=0.0,
        ge=0,
        le=600,
        description="Seconds before that in which it goes on serving, and `/readyz` says 503 already: for load"
        " balancers that go on sending requests for a while (in Kubernetes, about 5).",
    )
    keep_alive_s: int = Field(
        default=KEEP_ALIVE_S,
        ge=1,
        le=3600,
        description="Seconds that a connection stays open on which nothing is asked. Whoever connects to the gateway, a"
        " proxy above all, should give it up earlier, or now and then a request meets its end (502): have nginx keep"
        " it for 4 seconds, or raise this above what a load balancer has (75 for one that keeps it for 60).",
    )
    graphiql: bool | None = Field(
        default=None,
        description="Whether a browser at `/graphql` gets the GraphiQL page, which without introspection has no docs."
        " Unset: on in development, off in production.",
    )
    federation: bool = Field(
        default=False,
        description="Whether the API is a subgraph of Apollo Federation 2 as well: `_service` and `_entities` are"
        " answered. Anybody who may call may read the schema by the former, so let a router alone reach it.",
    )
    demo: bool = Field(
        default=False,
        description="Whether `/demo/` shows the checkout example, in which every visitor is a student. In development"
        " only; `serve --demo` turns it on.",
    )
    writer_queue: int = Field(
        default=4096, ge=1, le=1_000_000, description="Commands that may wait to be written; more get `BUSY`."
    )
    writer_batch: int = Field(default=512, ge=1, le=10_000, description="Commands committed at once, at most.")
    plans: bool = Field(
        default=True,
        description="Whether documents that come again are compiled to functions. Answers are the same without, and"
        " take several times as long.",
    )
    writer_socket: Path | None = Field(
        default=None,
        description="Where the one process listens that writes for all of a machine. `serve --workers` sets it for"
        " its own processes; nobody else need.",
    )
    log_level: LogLevel = Field(
        default="info", description="The least that is logged: `debug`, `info`, `warning` or `error`."
    )

    @property
    def is_graphiql_on(self) -> bool:
        """In production only where it is set: the page is for people who try things out."""
        return self.env == "development" if self.graphiql is None else self.graphiql

    def problems(self) -> Iterator[str]:
        if not is_time_zone(self.default_time_zone):
            yield "GATEWAY_DEFAULT_TIME_ZONE must be an IANA time zone, such as Asia/Kolkata."
        if self.demo and self.env != "development":
            yield "GATEWAY_DEMO is for development: its page makes everybody a student."
