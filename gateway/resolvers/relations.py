"""What finds each relation of the schema, and how the fields of its values are resolved."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from operator import attrgetter
from typing import Any, TypeVar, overload
from uuid import UUID

from graphql import GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema
from strawberry.types.base import StrawberryList, StrawberryOptional
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from gateway.context import Context
from gateway.resolvers.permissions import DEFINITION
from gateway.schema.jobs import Job
from gateway.schema.problems import DuplicatePayment
from gateway.schema.purchases import Payment, Purchase
from gateway.schema.relations import Computed, Relation, RelationBy, Timed, Wraps
from gateway.schema.viewer import Viewer
from gateway.services.core.model import values
from gateway.services.core.model.jobs import JobKind

Found = TypeVar("Found")
Key = TypeVar("Key")
Finder = Callable[[Context, Any], object]
Resolver = Callable[..., object]
GatewayInfo = GraphQLResolveInfo[Context]


@overload
def bound(
    relation: Wraps[Found] | None, find: Callable[[Context, Any], Awaitable[Found | None]]
) -> tuple[object, Finder]: ...


@overload
def bound(
    relation: Sequence[Wraps[Found]], find: Callable[[Context, Any], Awaitable[Collection[Found]]]
) -> tuple[object, Finder]: ...


@overload
def bound(
    relation: RelationBy[Key, Found], find: Callable[[Context, Key], Awaitable[Found | None]]
) -> tuple[object, Finder]: ...


def bound(relation: object, find: Finder) -> tuple[object, Finder]:
    return relation, find


async def _refunds_of_payment(context: Context, payment_id: UUID) -> Collection[values.Refund]:
    return await context.loads.refunds_of_payment(payment_id) or ()


async def _first_refund(context: Context, payment_id: UUID) -> values.Refund | None:
    return next(iter(await _refunds_of_payment(context, payment_id)), None)


async def _payment_of_job(context: Context, subject: tuple[JobKind, UUID]) -> values.Payment | None:
    kind, subject_id = subject
    if kind is JobKind.PAYMENT_REFUND:
        refund = await context.loads.refund(subject_id)
        return await context.loads.payment(refund.payment_id) if refund else None
    return await context.loads.payment(subject_id)


FINDERS: Mapping[object, Finder] = dict(
    [
        bound(Payment.course, lambda context, course_id: context.loads.course(course_id)),
        bound(Payment.purchase, lambda context, payment_id: context.loads.purchase_of_payment(payment_id)),
        bound(Payment.refunds, _refunds_of_payment),
        bound(Payment.history, lambda context, key: context.loads.history(*key)),
        bound(Purchase.course, lambda context, course_id: context.loads.course(course_id)),
        bound(Purchase.payment, lambda context, payment_id: context.loads.payment(payment_id)),
        bound(Purchase.supersedes, lambda context, purchase_id: context.loads.purchase(purchase_id)),
        bound(Purchase.superseded_by, lambda context, purchase_id: context.loads.successor(purchase_id)),
        bound(Purchase.history, lambda context, key: context.loads.history(*key)),
        bound(Job.payment, _payment_of_job),
        bound(Job.purchase, lambda context, purchase_id: context.loads.purchase(purchase_id)),
        bound(DuplicatePayment.refund, _first_refund),
        bound(Viewer.purchases, lambda context, key: context.loads.purchases_of_student(*key)),
        bound(Viewer.payments, lambda context, key: context.loads.payments_of_student(*key)),
        bound(Viewer.access, lambda context, key: context.loads.held_purchase(*key)),
    ]
)


def connect(schema: GraphQLSchema) -> None:
    """Give each field of a value its resolver, by the shortest way that there is.

    Raises:
        LookupError: a relation is bound to nothing that finds it.
    """
    for graphql_type in schema.type_map.values():
        if isinstance(graphql_type, GraphQLObjectType):
            for name, field in graphql_type.fields.items():
                if declared := field.extensions.get(DEFINITION):  # introspection has none
                    _connect(field, declared, f"{graphql_type.name}.{name}")


def _connect(field: GraphQLField, declared: StrawberryField, name: str) -> None:
    match declared:
        case Computed():
            field.resolve = _computed(declared)
        case Timed():
            field.resolve = _timed(declared)
        case Relation() | RelationBy() if declared not in FINDERS:
            raise LookupError(f"{name} is bound to nothing that finds it")
        case Relation():
            field.resolve = _relation(declared, FINDERS[declared])
        case RelationBy():
            field.resolve = _relation_by(declared, FINDERS[declared])
            for argument in declared.arguments:
                field.args[to_camel_case(argument.python_name)].out_name = argument.python_name
        case _ if declared.is_basic_field:
            field.resolve = _attribute(declared)


def _computed(declared: Computed) -> Resolver:
    read = declared.read
    return lambda source, info: read(source.value)


def _timed(declared: Timed) -> Resolver:
    read = declared.read
    return lambda source, info: read(source.value, info.context.now)


def _attribute(declared: StrawberryField) -> Resolver:
    read = attrgetter(declared.python_name)
    return lambda source, info: read(source)


def _relation(declared: Relation, find: Finder) -> Resolver:
    by, answer = declared.by, _answer_as(declared.type)

    def resolve(source: Wraps[Any], info: GatewayInfo) -> object:
        key = by(source.value)
        return None if key is None else _answered(find(info.context, key), answer)

    return resolve


def _relation_by(declared: RelationBy[Any, Any], find: Finder) -> Resolver:
    by, answer = declared.by, declared.answer

    def resolve(source: Wraps[Any], info: GatewayInfo, **arguments: object) -> object:
        key = by(source, **arguments)
        return None if key is None else _answered(find(info.context, key), answer)

    return resolve


def _answered(found: object, answer: Callable[[Any], object]) -> object:
    """The answer at once where it is known, so that nothing waits for what need not be read."""
    return _awaited(found, answer) if isinstance(found, Awaitable) else None if found is None else answer(found)


async def _awaited(coming: Awaitable[object], answer: Callable[[Any], object]) -> object:
    found = await coming
    return None if found is None else answer(found)


def _answer_as(declared_type: object) -> Callable[[Any], object]:
    """Makes what a relation is annotated as of what was found."""
    match declared_type:
        case StrawberryOptional():
            return _answer_as(declared_type.of_type)
        case StrawberryList():
            each = _answer_as(declared_type.of_type)
            return lambda found: [each(item) for item in found]
        case type() if issubclass(declared_type, Wraps):
            return declared_type.of
        case _:
            raise LookupError(f"{declared_type} is not what a relation can be answered as")
