"""What the operator decides about callers: how much one may ask for, how often, and from which pages."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import BeforeValidator, Field

from gateway.settings.group import Group
from gateway.settings.parsing import Origin, comma_separated


class LimitSettings(Group):
    """The defences. Each is on by default; a field's description says what it keeps away, or why it is so large."""

    introspection: bool | None = Field(
        default=None,
        description="Whether anybody may read the schema from the API, and a misspelt name is answered with similar"
        " ones. Unset: on in development, off in production.",
    )
    get_queries: bool | None = Field(
        default=None,
        description="Whether queries may be sent by GET, which puts them into logs and other sites' links. Mutations"
        " never may. Unset: on in development, off in production.",
    )
    cors_origins: Annotated[tuple[Origin, ...], BeforeValidator(comma_separated)] = Field(
        default=(),
        description="Origins whose pages may call from a browser (CORS), comma-separated: `https://shop.example`."
        " Unset: none but the gateway's own.",
    )
    trusted_proxies: int = Field(
        default=0,
        ge=0,
        le=10,
        description="How many proxies before the gateway each add to `X-Forwarded-For`: the caller's address is that"
        " many entries from its end. 0: the connection's address, which behind a proxy is the proxy's.",
    )
    trusted_documents: Annotated[tuple[str, ...], BeforeValidator(comma_separated)] = Field(
        default=(),
        description="Files of documents that may be named by their id, comma-separated: Relay's `persistedQueries` and"
        " GraphQL Code Generator's `persisted-documents.json`, made when clients are built.",
    )
    only_trusted_documents: bool = Field(
        default=False, description="Whether only those documents are run, and those of the console."
    )
    automatic_persisted_queries: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="How many documents that clients sent are kept, to be named by their hash (APQ); 0: none.",
    )
    limit_tokens: int = Field(
        default=2_000,
        ge=1,
        le=100_000,
        description="Tokens of a document: ten times our largest page's, validated in well under a second.",
    )
    limit_depth: int = Field(default=15, ge=1, le=100, description="Nested fields; our deepest useful path has ten.")
    limit_aliases: int = Field(
        default=50, ge=0, le=10_000, description="Aliases of an operation, which let a field be asked for many times."
    )
    limit_directives: int = Field(
        default=50, ge=0, le=10_000, description="Directives of an operation: an `@include` on each field of a page."
    )
    limit_root_fields: int = Field(
        default=20, ge=1, le=1_000, description="Fields at the root of an operation, each a question or a command."
    )
    limit_cost: int = Field(
        default=30_000,
        ge=1,
        le=1_000_000,
        description="What an operation may cost: the fields that its answer can have, each list at its full size."
        " Enough for a hundred grants in one commit, with every field of each.",
    )
    limit_body_bytes: int = Field(
        default=262_144,
        ge=1_024,
        le=16_777_216,
        description="Bytes of a body at `/graphql` and `/api/v1/purchases`: the longest document, and variables for a"
        " hundred purchases.",
    )
    limit_body_s: float = Field(
        default=30.0,
        gt=0,
        le=600,
        description="Seconds that a body may take to arrive, a webhook's too: enough for slow phones, not for idle"
        " sockets.",
    )
    limit_waiting_connections: int = Field(
        default=1_000,
        ge=10,
        le=1_000_000,
        description="Connections of one process that have asked nothing yet, or sent a head without its body; one more,"
        " and the oldest is closed. Each has 15 seconds to ask, and costs a file descriptor and a few kilobytes.",
    )
    limit_operation_s: float = Field(
        default=30.0,
        gt=0,
        le=600,
        description="Seconds that an operation may take: longer than a provider may (25). After that the caller"
        " gets an error; what the writer was given by then is committed all the same.",
    )
    limit_in_flight: int = Field(
        default=1_000,
        ge=1,
        le=100_000,
        description="Operations under way in one process at once; more get `BUSY`.",
    )
    rate_viewer_burst: int = Field(
        default=60,
        ge=1,
        le=1_000_000,
        description="Mutations that a student or admin may make at once; a checkout has about four.",
    )
    rate_viewer_per_s: float = Field(
        default=10.0, gt=0, le=1_000_000, description="Mutations a second that a student or admin may make after that."
    )
    rate_address_burst: int = Field(
        default=600, ge=1, le=1_000_000, description="The same for one address, behind which a campus may sit."
    )
    rate_address_per_s: float = Field(
        default=100.0, gt=0, le=1_000_000, description="The same a second, for one address."
    )

    @property
    def is_schema_open(self) -> bool:
        """Whether strangers may ask for the schema, whole or name by name."""
        return self.env == "development" if self.introspection is None else self.introspection

    @property
    def takes_get(self) -> bool:
        """Whether a query may stand in a URL."""
        return self.env == "development" if self.get_queries is None else self.get_queries

    def problems(self) -> Iterator[str]:
        if self.only_trusted_documents and not self.trusted_documents:
            yield "GATEWAY_ONLY_TRUSTED_DOCUMENTS is set, but GATEWAY_TRUSTED_DOCUMENTS names none: nothing would run."
        if self.limit_root_fields > min(self.rate_viewer_burst, self.rate_address_burst):
            yield "GATEWAY_LIMIT_ROOT_FIELDS is over a rate's burst: an operation of so many would never be let in."
