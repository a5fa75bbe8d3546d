"""A caller who may ask without end, for tests of what is asked."""

from graphql import GraphQLError


class Unlimited:
    """See `gateway.context.Caller`."""

    def enter(self) -> GraphQLError | None:
        return None

    def leave(self) -> None: ...

    def subscribe(self) -> GraphQLError | None:
        return None

    def unsubscribe(self) -> None: ...

    def read(self, characters: int) -> GraphQLError | None:
        return None

    def parse(self, size: int) -> GraphQLError | None:
        return None

    def ask(self, cost: int, mutations: int, variables_bytes: int = 0) -> GraphQLError | None:
        return None

    def pace_s(self, cost: int) -> float:
        return 0.0
