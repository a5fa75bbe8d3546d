"""Who may select what: the schema's own @requiresRole, tried with every kind of token, and what is nobody else's."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import (
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    ObjectTypeDefinitionNode,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
    parse,
    print_ast,
)

from gateway.auth.minting import mint_token
from gateway.execution.schema import build_schema
from gateway.resolvers.permissions import required_roles
from gateway.schema.conventions import ids
from gateway.services.core.model.values import Actor, Role
from tests.served.gateway import Answer, Person, Served, confirming
from tests.served.operations import PAYMENT_BY_ID, PURCHASE_BY_ID
from tests.served.streams import events

SCHEMA = build_schema()._schema
REQUIRED = required_roles(SCHEMA)
SDL = Path(__file__).parents[2] / "schema.graphql"
CALLERS = [None, *Role]

SAMPLES: dict[str, object] = {
    "ID": ids.EXAMPLES[ids.COURSE],
    "Date": "2026-11-23",
    "String": "text",
    "Int": 4,
    "Boolean": True,
    "PurchaseTier": "BASIC",
    "LocalTime": "17:30",
    "DateTime": "2090-01-01T00:00:00Z",
    "TimeZone": "Asia/Kolkata",
    "Currency": "INR",
    "MinorUnits": 1,
}


def test_what_needs_a_role_is_at_least_this() -> None:
    student, admin, lms = frozenset({Role.STUDENT}), frozenset({Role.ADMIN}), frozenset({Role.SERVICE, Role.ADMIN})
    at_least = {
        ("Mutation", "createPayment"): student,
        ("Mutation", "confirmPayment"): student,
        ("Mutation", "createPurchase"): admin,
        ("Mutation", "createPurchases"): admin,
        ("Mutation", "extendPurchase"): admin,
        ("Mutation", "correctPurchaseMetadata"): admin,
        ("Mutation", "revokePurchase"): admin,
        ("Mutation", "refundPayment"): admin,
        ("Mutation", "saveCourse"): admin,
        ("Mutation", "recordSession"): lms,
        ("Mutation", "recordSessions"): lms,
        ("Mutation", "withdrawSession"): lms,
        ("Query", "access"): lms,
        ("Query", "accesses"): lms,
        ("Query", "purchases"): admin,
        ("Purchase", "payment"): frozenset({Role.STUDENT, Role.ADMIN}),
        ("Purchase", "createdBy"): admin,
    }
    assert at_least.items() <= REQUIRED.items()
    assert {name for kind, name in REQUIRED if kind == "Mutation"} == set(_object("Mutation").fields)


def test_the_printed_schema_requires_what_is_enforced() -> None:
    printed: dict[tuple[str, str], frozenset[Role]] = {}
    for definition in parse(SDL.read_text(encoding="utf-8")).definitions:
        if isinstance(definition, ObjectTypeDefinitionNode):
            of_object = _printed_roles(definition)
            for field in definition.fields or ():
                if roles := _printed_roles(field) or of_object:
                    printed[definition.name.value, field.name.value] = roles
    assert printed == REQUIRED


@pytest.mark.parametrize("role", CALLERS, ids=str)
@pytest.mark.parametrize("place", REQUIRED, ids=".".join)
def test_a_field_answers_only_the_roles_that_it_requires(
    gateway: Served, place: tuple[str, str], role: Role | None
) -> None:
    answer = _selected(gateway, place, gateway.person(role, "somebody"))
    codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
    if role is None:
        assert codes == ["UNAUTHENTICATED"]
    elif place[0] not in ("Query", "Mutation", "Subscription"):
        # Below the root a field is reached through its object: an admin sees that of somebody else, and so does a
        # service, if it is a purchase.
        is_reached = role is Role.ADMIN or (role is Role.SERVICE and WAYS[place[0]].root == "Purchase")
        assert codes == (["FORBIDDEN"] if is_reached and role not in REQUIRED[place] else [])
        assert codes or (answer["data"]["node"] is not None) is is_reached
    else:
        assert codes == ([] if role in REQUIRED[place] else ["FORBIDDEN"])


@pytest.mark.parametrize(
    ("place", "role"), [(place, role) for place, roles in REQUIRED.items() for role in CALLERS if role not in roles]
)
def test_a_field_is_guarded_whatever_way_leads_to_it(place: tuple[str, str], role: Role | None) -> None:
    viewer = None if role is None else Actor("somebody", role)
    field = _object(place[0]).fields[place[1]]
    assert field.resolve is not None
    for resolve in filter(None, (field.resolve, field.subscribe)):
        with pytest.raises(GraphQLError) as refused:
            resolve(None, SimpleNamespace(context=SimpleNamespace(viewer=viewer)))
        assert refused.value.extensions == {"code": "UNAUTHENTICATED" if viewer is None else "FORBIDDEN"}


def test_a_student_may_not_see_who_created_their_own_purchase(gateway: Served, student: Person, course: str) -> None:
    purchase = gateway.confirm(student, gateway.opened(student, course))["purchase"]["id"]
    answer = student.ask("query($id: ID!) { purchase(id: $id) { id createdBy { id role } } }", id=purchase)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
    assert answer["data"] == {"purchase": None}
    listed = "mutation($input: ConfirmPaymentInput!) { confirmPayment(input: $input) { __typename } }"
    assert gateway.admin.codes(listed, input=confirming(ids.EXAMPLES[ids.PAYMENT])) == ["FORBIDDEN"]


def test_a_service_reads_a_purchase_with_its_sessions_and_nothing_of_the_money(
    gateway: Served, student: Person, course: str
) -> None:
    purchase = gateway.confirm(student, gateway.opened(student, course))["purchase"]["id"]
    lms = gateway.person(Role.SERVICE, "lms")
    query = """query($id: ID!) { purchase(id: $id) {
        student { id } status tier expiryDate supersedes { id } supersededBy { id } course { title }
        access { status sessionsTotal sessionsUsed } sessions(first: 1) { number startsAt isUsed record { heldAt } }
        metadata { timeSlot { start } } } }"""
    found = lms.data(query, id=purchase)["purchase"]
    assert (found["student"]["id"], found["access"]["sessionsUsed"]) == (student.id, 0)
    assert lms.codes("query($id: ID!) { purchase(id: $id) { payment { id } } }", id=purchase) == ["FORBIDDEN"]


@pytest.mark.parametrize("role", [Role.STUDENT, Role.SERVICE])
def test_what_is_another_students_does_not_exist(gateway: Served, student: Person, course: str, role: Role) -> None:
    payment = gateway.opened(student, course)
    purchase = gateway.confirm(student, payment)["purchase"]["id"]
    stranger = gateway.person(role, student.id if role is Role.SERVICE else "a-stranger")
    node = "query($id: ID!) { node(id: $id) { id } }"
    of_payment = [(query, payment, ids.EXAMPLES[ids.PAYMENT]) for query in (PAYMENT_BY_ID, node)]
    of_purchase = [(query, purchase, ids.EXAMPLES[ids.PURCHASE]) for query in (PURCHASE_BY_ID, node)]
    for query, id_, nothing in (*of_payment, *(() if role is Role.SERVICE else of_purchase)):
        assert student.data(query, id=id_) != stranger.data(query, id=id_) == stranger.data(query, id=nothing)


def test_another_students_payment_cannot_be_confirmed_or_told_from_none(
    gateway: Served, student: Person, course: str
) -> None:
    payment, stranger = gateway.opened(student, course), gateway.student()
    before = gateway.counts()
    for token in (None, "tok_decline_stolen", "not a token"):
        refused = gateway.confirm(stranger, payment, token)
        assert refused["__typename"] == "NotFound"
        assert refused == gateway.confirm(stranger, ids.EXAMPLES[ids.PAYMENT], token)
    assert gateway.counts() == before
    assert student.data(PAYMENT_BY_ID, id=payment)["payment"]["status"] == "REQUIRES_PAYMENT"


@pytest.mark.parametrize("query", ["node", "payment", "purchase"])
def test_what_belongs_to_somebody_needs_a_token(gateway: Served, query: str) -> None:
    document = f"query($id: ID!) {{ {query}(id: $id) {{ id }} }}"
    example = ids.EXAMPLES[ids.PAYMENT if query == "payment" else ids.PURCHASE]
    assert gateway.person(None, "").codes(document, id=example) == ["UNAUTHENTICATED"]


def _expired(gateway: Served) -> str:
    return mint_token(gateway.server.settings, role=Role.ADMIN, subject="admin-1", ttl_s=60, now=lambda: 1e9)


def _with_another_role(gateway: Served) -> str:
    return _resigned(gateway.server.token(Role.STUDENT, "student-1"), claims={"role": "ADMIN"})


def _unsigned(gateway: Served) -> str:
    return _resigned(_with_another_role(gateway), header={"alg": "none"}, signature="")


def _of_another_secret(gateway: Served) -> str:
    header, claims, signature = gateway.server.token(Role.ADMIN, "admin-1").split(".")
    return ".".join((header, claims, signature[::-1]))


@pytest.mark.parametrize("forge", [_expired, _with_another_role, _unsigned, _of_another_secret, lambda _: "nonsense"])
@pytest.mark.parametrize("query", ["{ courses { nodes { id } } }", "{ purchases { nodes { id } } }", "{ __typename }"])
def test_a_bad_token_is_refused_even_for_what_is_public(
    gateway: Served, course: str, forge: Callable[[Served], str], query: str
) -> None:
    response = Person(gateway.server.url, forge(gateway), "", gateway.http).post(query)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')
    answer = response.json()
    assert answer.keys() == {"errors"}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
    assert course not in response.text


def _selected(gateway: Served, place: tuple[str, str], caller: Person) -> Answer:
    """What a caller gets who selects just this field, with the least that its arguments allow."""
    kind, name = place
    field = _object(kind).fields[name]
    leaf = is_leaf_type(get_named_type(field.type))
    selection = name if leaf else f"{name}{_arguments(field.args)} {{ __typename }}"
    if kind == "Subscription":
        with events(caller, f"subscription {{ {selection} }}") as stream:
            return stream.next()
    if kind in ("Query", "Mutation"):
        return caller.ask(f"{kind.lower()} {{ {selection} }}")
    way = WAYS[kind]
    document = f"query($id: ID!) {{ node(id: $id) {{ ... on {way.root} {way.through.format(f'{{ {selection} }}')} }} }}"
    return caller.ask(document, id=way.made(gateway))


@dataclass(frozen=True)
class Way:
    """How an object is reached: from a root's type, through fields, and how one is made whose id is given."""

    root: str
    made: Callable[[Served], str]
    through: str = "{}"


def _granted(gateway: Served) -> str:
    purchase: str = gateway.create(gateway.course(), gateway.student().id)["purchase"]["id"]
    record = """mutation($id: ID!) {
        recordSession(input: {purchaseId: $id, sessionNumber: 1}) {
            ... on RecordSessionSuccess { alreadyProcessed } } }"""
    assert gateway.admin.data(record, id=purchase) == {"recordSession": {"alreadyProcessed": False}}
    return purchase


WAYS: Mapping[str, Way] = {
    "Payment": Way("Payment", lambda gateway: gateway.opened(gateway.student(), gateway.course())),
    "Purchase": Way("Purchase", _granted),
    "Student": Way("Payment", lambda gateway: gateway.opened(gateway.student(), gateway.course()), "{{ student {} }}"),
    "PurchaseMetadata": Way("Purchase", _granted, "{{ metadata {} }}"),
    "RecordedSession": Way("Purchase", _granted, "{{ sessions(first: 1) {{ record {} }} }}"),
}
"""A type that comes to need a role needs a line here."""


def _arguments(arguments: Mapping[str, Any]) -> str:
    needed = {name: _sample(each.type) for name, each in arguments.items() if is_required_argument(each)}
    return "(" + ", ".join(f"{name}: {text}" for name, text in needed.items()) + ")" if needed else ""


def _sample(wanted: GraphQLInputType) -> str:
    """A literal of the type, with no more than it must have."""
    match wanted:
        case GraphQLNonNull():
            return _sample(wanted.of_type)
        case GraphQLList():
            return f"[{_sample(wanted.of_type)}]"
        case GraphQLInputObjectType():
            fields = ((name, each) for name, each in wanted.fields.items() if is_required_input_field(each))
            return "{" + ", ".join(f"{name}: {_sample(each.type)}" for name, each in fields) + "}"
        case _:
            return json.dumps(SAMPLES[wanted.name])


def _object(name: str) -> GraphQLObjectType:
    found = SCHEMA.type_map[name]
    assert isinstance(found, GraphQLObjectType)
    return found


def _printed_roles(node: Any) -> frozenset[Role]:
    return frozenset(
        Role(print_ast(directive.arguments[0].value))
        for directive in node.directives or ()
        if directive.name.value == "requiresRole"
    )


def _resigned(token: str, *, header: object = None, claims: object = None, signature: str | None = None) -> str:
    """The token with other words and its old signature, or none."""
    parts = token.split(".")
    for place, changed in ((0, header), (1, claims)):
        if isinstance(changed, dict):
            parts[place] = _encoded(_decoded(parts[place]) | changed)
    return ".".join((parts[0], parts[1], parts[2] if signature is None else signature))


def _decoded(part: str) -> dict[str, object]:
    decoded: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=="))
    return decoded


def _encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
