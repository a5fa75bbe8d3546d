"""All that an operator decides: the sum of the groups, and the problems of each gathered."""

from typing import Self

import pydantic
from pydantic_core import PydanticCustomError

from gateway.settings.auth import AuthSettings
from gateway.settings.callers import CallerSettings
from gateway.settings.console import ConsoleSettings
from gateway.settings.database import DatabaseSettings
from gateway.settings.events import EventSettings
from gateway.settings.group import Group
from gateway.settings.limits import LimitSettings
from gateway.settings.observing import ObservingSettings
from gateway.settings.process import ProcessSettings
from gateway.settings.providers import ProviderSettings


class SettingsError(Exception):
    """The gateway cannot start as configured. One sentence a problem, and never the value of a secret."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class Settings(
    DatabaseSettings,
    AuthSettings,
    ProviderSettings,
    EventSettings,
    ProcessSettings,
    ConsoleSettings,
    ObservingSettings,
    LimitSettings,
    CallerSettings,
):
    """The GATEWAY_* environment, read once and frozen. Its groups stand in the order of docs/settings.md."""

    @classmethod
    def groups(cls) -> tuple[type[Group], ...]:
        return tuple(base for base in cls.__bases__ if issubclass(base, Group))

    @pydantic.model_validator(mode="after")
    def _hang_together(self) -> Self:
        problems = [problem for group in self.groups() for problem in group.problems(self)]
        if self.console_oidc_issuer is not None and self.jwks_url is None:
            problems.append("GATEWAY_CONSOLE_OIDC_ISSUER needs GATEWAY_JWKS_URL: without it, its tokens are refused.")
        if problems:
            raise PydanticCustomError("settings", "{problems}", {"problems": "\n".join(problems)})
        return self
