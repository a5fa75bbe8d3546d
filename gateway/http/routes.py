"""The names of an application's routes, by which requests are counted: never a path that a stranger made up."""

import re
from collections.abc import Iterable

from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

OTHER = "other"

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"})
"""As OpenTelemetry knows them; any other is `_OTHER`."""


class RouteNames:
    """Finds the name of the route that answers at a path: the path as it is declared."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._plain: dict[str, str] = {}
        self._patterns: list[tuple[re.Pattern[str], str]] = []
        self._learn(routes)

    def of(self, path: str) -> str:
        if (name := self._plain.get(path)) is not None:
            return name
        return next((name for pattern, name in self._patterns if pattern.match(path)), OTHER)

    def _learn(self, routes: Iterable[BaseRoute]) -> None:
        for route in routes:
            if isinstance(route, Mount) and not route.path:
                self._learn(route.routes)
            elif isinstance(route, Route | WebSocketRoute) and "{" not in route.path:
                self._plain[route.path] = route.path
            elif isinstance(route, Route | WebSocketRoute | Mount):
                self._patterns.append((route.path_regex, route.path.rstrip("/")))


def method_name(method: str) -> str:
    return method if method in METHODS else "_OTHER"
