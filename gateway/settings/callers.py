"""What the operator decides about each caller: how much in a second, how much at once, and how many sockets."""

from pydantic import Field

from gateway.settings.group import Group


class CallerSettings(Group):
    """What one viewer, and one address, may have, so that neither takes the place of all others.

    Each process counts for itself. A SERVICE speaks for all students: for it its address counts, and it alone.
    """

    cost_viewer_burst: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000_000,
        description="What a student's or admin's operations may cost at once: 100 each, and what"
        " `extensions: {cost: true}` tells. A document that is not known yet costs 3 a character more, before it is"
        " read, eight bytes of variables beyond the first 256 cost 1, and a WebSocket 400. Unset: ten times the next,"
        " 200,000: six of the largest operations, or two hundred pages of a list.",
    )
    cost_viewer_per_s: float | None = Field(
        default=None,
        gt=0,
        le=1_000_000_000,
        description="The same a second, after that. Unset: 2,000 for each of `GATEWAY_RATE_VIEWER_PER_S`, so 20,000:"
        " about a thirtieth of a core. For documents, variables and WebSockets, an address without a token has as"
        " much.",
    )
    cost_address_burst: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000_000,
        description="The same at once, for one address. Unset: ten times the next, 2,000,000.",
    )
    cost_address_per_s: float | None = Field(
        default=None,
        gt=0,
        le=1_000_000_000,
        description="The same a second, for one address. Unset: 2,000 for each of `GATEWAY_RATE_ADDRESS_PER_S`, so"
        " 200,000.",
    )
    limit_viewer_in_flight: int = Field(
        default=100,
        ge=1,
        le=100_000,
        description="Operations under way of one student or admin at once, over all connections; more get"
        " `RATE_LIMITED`.",
    )
    limit_address_in_flight: int = Field(
        default=500, ge=1, le=100_000, description="The same of one address: half of the room that there is for all."
    )
    limit_viewer_subscriptions: int = Field(
        default=100,
        ge=1,
        le=10_000,
        description="Subscriptions of one viewer at once, over all connections: a page has a few.",
    )
    limit_address_subscriptions: int = Field(
        default=2_000, ge=1, le=10_000, description="The same of one address; a process has 10,000 in all."
    )
    limit_sockets: int = Field(
        default=5_000,
        ge=1,
        le=100_000,
        description="WebSockets of one process. A fifth of them may be without a token. Where there is no room for one"
        " more, the one gives way that has had nothing under way for longest.",
    )
    limit_viewer_sockets: int = Field(default=20, ge=1, le=100_000, description="The same of one viewer: tabs.")
    limit_address_sockets: int = Field(default=1_000, ge=1, le=100_000, description="The same of one address.")
    limit_address_strangers: int = Field(
        default=100,
        ge=1,
        le=100_000,
        description="WebSockets of one address that have shown no token yet, or never do.",
    )
