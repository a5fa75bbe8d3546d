"""Outcomes to GraphQL types: each outcome is answered by one member of its mutation's union."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import wraps
from inspect import signature
from types import UnionType
from typing import Any, Protocol, TypeVar, get_args, get_origin

from strawberry import field
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from gateway.resolvers.inputs import GatewayInfo
from gateway.schema.conventions.errors import busy, provider_unavailable
from gateway.schema.mutations.students import StudentHasOpenBusiness
from gateway.schema.problems import Problem
from gateway.schema.relations import wrapped_by
from gateway.services.core.model.outcomes import Busy, Outcome, ProviderAway, Refusal


class Member(Protocol):
    """A GraphQL type that answers the outcomes which its `of` takes, and no others."""

    def of(self, outcome: Any, /) -> object: ...


class Answers:
    """Which member answers which outcome: one mutation's successes and problems."""

    def __init__(self, members: Sequence[Member]) -> None:
        pairs = [(outcome, member) for member in members for outcome in _taken_by(member)]
        self._members: Mapping[type, Member] = dict(pairs)
        assert len(self._members) == len(pairs), f"an outcome has one answer, and not several: {pairs}"

    @classmethod
    def in_union(cls, union: Any) -> "Answers":
        """Of a result type as the schema declares it: `Annotated[Success | Problem, strawberry.union(…)]`."""
        return cls(get_args(get_args(union)[0]))

    @property
    def outcomes(self) -> frozenset[type]:
        """What is answered."""
        return frozenset(self._members)

    def to(self, outcome: Outcome) -> object:
        """The outcome as a GraphQL type.

        Raises:
            GraphQLError: BUSY, where nothing was done, or nobody knows; PROVIDER_UNAVAILABLE, where no intent could be
                opened.
        """
        if member := self._members.get(type(outcome)):
            return member.of(outcome)
        if isinstance(outcome, Busy):
            raise busy(outcome.retry_after_s, may_be_done=outcome.may_be_done)
        if isinstance(outcome, ProviderAway):
            raise provider_unavailable(outcome.retry_after_s)
        raise AssertionError(f"{type(outcome).__name__} is a runner's, or another mutation's: no answer of this one")


def mutation(
    result: Any, description: str, directives: Sequence[object]
) -> Callable[[Callable[..., Awaitable[Outcome | Sequence[Outcome]]]], StrawberryField]:
    """A mutation whose method returns an outcome, which is answered by a member of its result's union.

    Args:
        result: the union; or a list of it, where the method returns a list of outcomes.
    """
    is_list = get_origin(result) is list
    answer = Answers.in_union(get_args(result)[0] if is_list else result).to

    def declared(method: Callable[..., Awaitable[Any]]) -> StrawberryField:
        name = to_camel_case(method.__name__)

        @wraps(method)
        async def resolve(self: object, info: GatewayInfo, input: object) -> object:  # noqa: A002
            returned = await method(self, info, input)
            learn, came_to = info.context.reads.learn, info.context.came_to
            if not is_list:
                learn(returned)
                answered = answer(returned)
                came_to.append((name, answered))
                return answered
            for outcome in returned:
                learn(outcome)
            every = [answer(outcome) for outcome in returned]
            came_to += [(name, each) for each in every]
            return every

        return field(resolve, description=description, directives=directives, graphql_type=result)

    return declared


def problem_of(outcome: Refusal) -> Problem:
    """The expected failure as a GraphQL `Problem`, for callers without GraphQL."""
    problem = _PROBLEMS.to(outcome)
    assert isinstance(problem, Problem)
    return problem


def _taken_by(member: Member) -> Iterator[type]:
    """The outcomes that a member's `of` takes, as its signature says, or the value that it wraps."""
    [parameter] = signature(member.of).parameters.values()
    taken = wrapped_by(member) if isinstance(parameter.annotation, TypeVar) else parameter.annotation
    yield from get_args(taken) if isinstance(taken, UnionType) else [taken]


assert issubclass(StudentHasOpenBusiness, Problem), "it lies elsewhere, and is one of them once it is imported"
_PROBLEMS = Answers(Problem.__subclasses__())
assert _PROBLEMS.outcomes == set(get_args(Refusal)), "each refusal has its Problem, and each Problem its refusals"
