"""What the operator decides about being told: numbers for Prometheus, traces, and how log lines read."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AnyHttpUrl, BeforeValidator, Field, SecretStr

from gateway.settings.group import Group

LEAST_TOKEN_CHARACTERS = 16

LogFormat = Annotated[
    Literal["json", "text"], BeforeValidator(lambda value: value.lower() if isinstance(value, str) else value)
]


class ObservingSettings(Group):
    """How an operator sees what goes on. Metrics are off, and cost nothing, until a way to them is set."""

    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65_535,
        description="A port of their own for Prometheus' metrics of all processes of a `serve`, or of a `worker`, at"
        " `/metrics`. Unset: none. Needs the extra `metrics`, see docs/observing.md.",
    )
    metrics_host: str = Field(
        default="127.0.0.1",
        description="The address of that port. Whoever reaches it reads them, unless `GATEWAY_METRICS_TOKEN` is set.",
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        description="The bearer token for `/metrics`, at the API's own address as well. Unset: there is none there.",
    )
    metrics_folder: Path | None = Field(
        default=None,
        description="Where the processes of one `serve` leave their numbers for each other. `serve --workers` sets it"
        " for its own processes; nobody else need.",
    )
    traces_url: AnyHttpUrl | None = Field(
        default=None,
        description="Where spans are sent by OTLP over HTTP, such as `http://127.0.0.1:4318/v1/traces`. Unset: none are"
        " recorded. Needs the extra `traces`, see docs/observing.md.",
    )
    traces_sampled: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="Of how many requests, jobs and turns spans are recorded, from 0 to 1, where a caller's"
        " `traceparent` does not say it.",
    )
    verify_every_h: float | None = Field(
        default=None,
        ge=0,
        le=8_760,
        description="Hours between two looks of `gateway verify` through the whole database by a job, in a process of"
        " its own that gives way to all others; what is broken is noted for a person. 0: none. Unset: 24 in production,"
        " none in development.",
    )
    log_format: LogFormat | None = Field(
        default=None,
        description="How log lines read: `json` or `text`. Unset: text in development, JSON in production.",
    )

    @property
    def has_metrics(self) -> bool:
        """Whether anybody may ask for them."""
        return self.metrics_port is not None or self.metrics_token is not None

    @property
    def verify_every_s(self) -> float | None:
        """Seconds between two looks; None where there are none."""
        hours = self.verify_every_h if self.verify_every_h is not None else 24.0 if self.env == "production" else 0.0
        return hours * 3600 if hours else None

    @property
    def logs_json(self) -> bool:
        return self.env == "production" if self.log_format is None else self.log_format == "json"

    def problems(self) -> Iterator[str]:
        token = self.metrics_token.get_secret_value() if self.metrics_token else None
        if token is not None and (len(token) < LEAST_TOKEN_CHARACTERS or not token.isascii() or " " in token):
            yield (
                f"GATEWAY_METRICS_TOKEN must have at least {LEAST_TOKEN_CHARACTERS} characters, of ASCII and without"
                " spaces."
            )
        if self.has_metrics and find_spec("prometheus_client") is None:
            which = "GATEWAY_METRICS_PORT" if self.metrics_port is not None else "GATEWAY_METRICS_TOKEN"
            yield f"{which} needs the extra `metrics`: pip install 'course-gateway[metrics]'."
        if self.traces_url is not None and find_spec("opentelemetry") is None:
            yield "GATEWAY_TRACES_URL needs the extra `traces`: pip install 'course-gateway[traces]'."
