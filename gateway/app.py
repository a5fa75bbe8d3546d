"""Services to routes: the ASGI application."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from gateway.auth.bearer import BearerBackend, viewer_of
from gateway.auth.tokens import TokenVerifier
from gateway.bootstrap import Services, now, open_services
from gateway.clock import CLOCK
from gateway.context import Context
from gateway.endpoints import graphql
from gateway.endpoints.errors import Masked, refuse, refuse_token
from gateway.endpoints.fast_path import FastPath
from gateway.endpoints.graphql import GraphQLEndpoint
from gateway.endpoints.health import healthz, readyz
from gateway.endpoints.leaving import LeavingInOrder
from gateway.endpoints.metrics import metrics_routes
from gateway.endpoints.rest import purchases_route
from gateway.endpoints.webhooks import webhook_routes
from gateway.execution.documents import Documents, UnreadableDocuments, read_trusted
from gateway.execution.executor import Executor
from gateway.execution.schema import build_schema
from gateway.http.callers import Callers
from gateway.http.cors import cors_middleware
from gateway.http.routes import RouteNames
from gateway.http.telemetry import RequestLog, configure_logging
from gateway.monitoring.monitored import monitored
from gateway.pages.checkout import checkout_routes
from gateway.pages.console import console_documents, console_routes
from gateway.pages.demo import demo_tokens, prepared
from gateway.pages.graphiql import graphiql_page, graphiql_routes
from gateway.pages.start import start_routes
from gateway.running_jobs import running_jobs
from gateway.services.core.model.values import Actor
from gateway.services.jobs.provider_events import ProviderEvents
from gateway.services.purchases import Purchases
from gateway.settings.loading import load_settings
from gateway.settings.model import Settings, SettingsError
from gateway.startup import leave_to_the_end, warn
from gateway.streaming.lifetimes import StreamLifetimes
from gateway.streaming.websocket import GraphQLSocket


def build_app(settings: Settings) -> Starlette:
    """The ASGI application. It serves a database that has been migrated, see `/readyz`."""
    lifetimes, callers = StreamLifetimes(CLOCK.unix), Callers(settings)
    verifier = TokenVerifier(settings, now=CLOCK.unix)
    documents = _documents(settings)
    executor = Executor(build_schema(is_federated=settings.federation), settings, documents)
    context_of = partial(_context_of, callers)
    authenticated = [
        *_graphql_routes(settings, executor, documents, verifier, context_of, lifetimes, callers),
        purchases_route(_purchases, settings, callers),
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
        *start_routes(settings),
        *(graphiql_routes() if settings.is_graphiql_on else []),
        *(console_routes(settings) if settings.is_console_on else []),
        *(checkout_routes(partial(demo_tokens, settings)) if settings.demo else []),
    ]
    authentication = Middleware(AuthenticationMiddleware, backend=BearerBackend(verifier), on_error=refuse_token)
    routes: list[BaseRoute] = [
        *webhook_routes(_events, now, settings),  # providers prove themselves by a signature, and have no token
        *metrics_routes(settings),
        Mount("", routes=authenticated, middleware=[authentication]),
    ]
    app = Starlette(
        routes=routes,
        middleware=_middleware(settings, routes),
        exception_handlers={HTTPException: refuse},
        lifespan=partial(_lifespan, settings, lifetimes),
    )
    app.state.leaving = LeavingInOrder(lifetimes, settings.drain_s)
    behind = app.build_middleware_stack()
    app.middleware_stack = FastPath(app, behind, settings, verifier, executor, documents, context_of)
    return app


def from_environment() -> Starlette:
    """The application as the GATEWAY_* environment wants it: what each worker process starts from."""
    settings = load_settings()
    configure_logging(settings)
    app = build_app(settings)
    leave_to_the_end()
    return app


@asynccontextmanager
async def _lifespan(settings: Settings, lifetimes: StreamLifetimes, app: Starlette) -> AsyncIterator[None]:
    warn(settings)
    async with monitored(settings, "serve"), open_services(settings) as services:
        app.state.services, app.state.lifetimes = services, lifetimes
        told = app.state.leaving.told
        async with running_jobs(settings, services, told) if settings.worker else nullcontext():
            with lifetimes.stopping_on_signals():
                yield


def _graphql_routes(
    settings: Settings,
    executor: Executor,
    documents: Documents,
    verifier: TokenVerifier,
    context_of: Callable[[HTTPConnection, Actor | None], Context],
    lifetimes: StreamLifetimes,
    callers: Callers,
) -> list[BaseRoute]:
    """One address for HTTP and WebSocket, behind which an operation runs the same way."""

    def make_context(request: Request) -> Context:
        return context_of(request, viewer_of(request))

    async def page(request: Request) -> Response:
        return graphiql_page(*await prepared(settings, request.app.state.services))

    shown = page if settings.is_graphiql_on else None
    socket = GraphQLSocket(executor, verifier.verify, context_of, lifetimes, callers, settings.cors_origins)
    return [
        Route(graphql.PATH, GraphQLEndpoint(settings, executor, make_context, shown, lifetimes, documents)),
        WebSocketRoute(graphql.PATH, socket),
    ]


def _middleware(settings: Settings, routes: Sequence[BaseRoute]) -> list[Middleware]:
    log = Middleware(RequestLog, routes=RouteNames(routes), proxies=settings.trusted_proxies)
    middleware = [log, *cors_middleware(settings.cors_origins), Middleware(Masked)]
    if settings.is_secret_public:
        # The page holds an admin's token: no other site may have a browser fetch it under a name of its own.
        local = ["localhost", "127.0.0.1", "[::1]"]
        middleware.append(Middleware(TrustedHostMiddleware, allowed_hosts=local))
    return middleware


def _documents(settings: Settings) -> Documents:
    """Raises: SettingsError, where a file of trusted documents cannot be used."""
    schema = build_schema(is_federated=settings.federation)._schema  # Strawberry's one way to it
    try:
        trusted = read_trusted((*settings.trusted_documents, *console_documents(settings)), schema)
    except UnreadableDocuments as error:
        raise SettingsError(f"GATEWAY_TRUSTED_DOCUMENTS: {error}") from None
    return Documents(trusted, settings.only_trusted_documents, settings.automatic_persisted_queries)


def _context_of(callers: Callers, connection: HTTPConnection, viewer: Actor | None) -> Context:
    """The context of one operation; of a WebSocket there may be many."""
    services: Services = connection.scope["app"].state.services
    caller = callers.of(connection, viewer)
    return Context(
        viewer=viewer,
        now=now(),
        purchases=services.purchases,
        reads=services.snapshot(),
        live=services.live,
        clock=now,
        caller=caller,
        address=caller.network,
    )


def _purchases(request: Request) -> Purchases:
    services: Services = request.app.state.services
    return services.purchases


def _events(request: Request) -> ProviderEvents:
    services: Services = request.app.state.services
    return services.work.events
