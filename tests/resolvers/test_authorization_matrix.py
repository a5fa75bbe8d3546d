"""Every field that can be reached, for every kind of caller: data, null or a coded error, as the schema declares it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)
from sqlalchemy import update

from db.job_tables import JobRow
from gateway.execution.schema import build_schema
from gateway.resolvers.permissions import required_roles
from gateway.services.core.model.values import Role
from tests.served.gateway import Person, Served, connected, served
from tests.served.operations import METADATA

SCHEMA = build_schema()._schema
REQUIRED = required_roles(SCHEMA)

NOBODY, OWNER, OTHER, ADMIN, SERVICE = CALLERS = ("no token", "student", "other student", "admin", "service")
ROLES = {OWNER: Role.STUDENT, OTHER: Role.STUDENT, ADMIN: Role.ADMIN, SERVICE: Role.SERVICE}
PUBLIC, OWN, VIEWERS = "everybody", "its student and admins", "each caller's own"
HELD = "its student, admins and services"

Step = tuple[str, str, str]
"""A field on the way: the type that has it, its name, and how it is written with its arguments."""


@dataclass(frozen=True)
class Root:
    """A way into the graph: the field as it is written, the type that it leads to, and whom it answers."""

    field: str
    text: str
    leads_to: str
    audience: str
    deepest: int = 100
    """How many steps are gone from it: few where what lies behind is reached by another root as well."""


ROOTS = [
    Root("course", "course(id: $course)", "Course", PUBLIC),
    Root("courses", "courses(last: 1)", "CourseConnection", PUBLIC),
    Root("viewer", "viewer", "Viewer", VIEWERS),
    Root("payment", "payment(id: $payment)", "Payment", OWN),
    Root("purchase", "purchase(id: $purchase)", "Purchase", HELD),
    Root("access", "access(studentId: $student, courseId: $course)", "CourseAccess", HELD, deepest=2),
    Root("accesses", "accesses(studentIds: [$student], courseId: $course)", "CourseAccess", HELD, deepest=2),
    Root("payments", "payments(filter: {studentId: $student})", "PaymentConnection", OWN, deepest=3),
    Root("purchases", "purchases(filter: {studentId: $student})", "PurchaseConnection", OWN, deepest=3),
    Root("jobs", "jobs(filter: {paymentId: $mismatched})", "JobConnection", OWN, deepest=3),
    Root("refunds", "refunds(filter: {studentId: $student})", "RefundConnection", OWN, deepest=3),
    Root("search", "search(text: $payment)", "Payment", OWN, deepest=2),
    Root("needsAttention", "needsAttention(last: 5)", "AttentionItemConnection", OWN, deepest=3),
    Root("student", "student(id: $student)", "Student", OWN),
    Root("dailyNumbers", 'dailyNumbers(days: ["2026-11-23"])', "DayNumbers", OWN),
    Root("node", "node(id: $course)", "Course", PUBLIC),
    *(Root("node", f"node(id: ${name})", name.capitalize(), OWN, deepest=2) for name in ("payment", "refund", "job")),
    Root("node", "node(id: $purchase)", "Purchase", HELD, deepest=2),
    Root("nodes", "nodes(ids: [$payment, $payment])", "Payment", OWN, deepest=2),
]
"""A query that is new to the schema needs a line here."""


def test_every_query_of_the_schema_is_in_the_matrix() -> None:
    assert SCHEMA.query_type is not None
    assert {root.field for root in ROOTS} == set(SCHEMA.query_type.fields)


def ways(root: Root) -> Iterator[tuple[Step, ...]]:
    """The shortest way from a root to each field that can be reached from it."""
    seen: set[tuple[str, str]] = set()
    level: list[tuple[GraphQLNamedType, tuple[Step, ...]]] = [(SCHEMA.type_map[root.leads_to], ())]
    while level and len(level[0][1]) < root.deepest:
        following = []
        for kind, way in level:
            assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
            for name, field in kind.fields.items():
                if (kind.name, name) not in seen:
                    seen.add((kind.name, name))
                    longer = (*way, (kind.name, name, f"{name}{_arguments(field)}"))
                    yield longer
                    if not is_leaf_type(get_named_type(field.type)):
                        following.append((get_named_type(field.type), longer))
        level = following


def _arguments(field: GraphQLField) -> str:
    needed = [name for name, argument in field.args.items() if is_required_argument(argument)]
    assert set(needed) <= {"courseId"}, "an argument that is needed needs a value here"
    return "(courseId: $course)" if needed else ""


def written(root: Root, way: Sequence[Step]) -> str:
    kind, name, _ = way[-1]
    owner = SCHEMA.type_map[kind]
    assert isinstance(owner, GraphQLObjectType | GraphQLInterfaceType)
    inner = "" if is_leaf_type(get_named_type(owner.fields[name].type)) else "{ __typename }"
    for _, _, text in reversed(way):
        inner = f"{{ {text} {inner} }}"
    if root.field in ("node", "nodes", "search"):
        inner = f"{{ ... on {root.leads_to} {inner} }}"
    return f"{{ {root.text} {inner} }}"


@dataclass(frozen=True)
class Scene:
    """A student who has everything that there is, and who may look at it."""

    callers: Mapping[str, Person]
    given: Mapping[str, str]
    secrets: frozenset[str]

    def ask(self, caller: str, query: str) -> dict[str, Any]:
        named = [name for name in self.given if f"${name}" in query]
        head = ", ".join(f"${name}: {'String' if f'text: ${name}' in query else 'ID'}!" for name in named)
        return self.callers[caller].ask(
            f"query({head}) {query}" if named else query, **{name: self.given[name] for name in named}
        )


@pytest.fixture(scope="module")
def gateway(new_sqlite: Callable[[], str]) -> Iterator[Served]:
    """One of its own kind: who may see what is the same whatever the database, and there is much to ask."""
    with served(new_sqlite()) as started:
        yield started


@pytest.fixture(scope="module")
def scene(gateway: Served) -> Scene:
    course, student = gateway.course(), gateway.student()
    labels = {**METADATA, "labels": [{"key": "note", "value": f"secret-of-{student.id}"}]}
    first, payment = (gateway.opened(student, course, tier, metadata=labels) for tier in ("BASIC", "STANDARD"))
    gateway.confirm(student, first)
    purchase = gateway.confirm(student, payment)["purchase"]["id"]
    mismatched = gateway.opened(student, course, "PREMIUM", metadata=labels)
    gateway.confirm(student, mismatched, "tok_capture_1_INR")
    gateway.confirm(student, gateway.opened(student, course, "PREMIUM", metadata=labels))
    query = "query($id: ID!) { jobs(filter: {paymentId: $id}) { nodes { id } } payment(id: $id) { refunds { id } } }"
    found = gateway.admin.data(query, id=mismatched)
    given_up = {"state": "FAILED", "finished_at": datetime.now(UTC)}
    with connected(gateway.database_url) as connection:
        connection.execute(update(JobRow).values(given_up))
    refund, job = found["payment"]["refunds"][0]["id"], found["jobs"]["nodes"][0]["id"]
    given = {"course": course, "payment": payment, "purchase": purchase, "mismatched": mismatched}
    given |= {"refund": refund, "job": job, "student": student.id}
    callers = {name: gateway.person(role, f"{name.replace(' ', '-')}-of-{course}") for name, role in ROLES.items()}
    callers |= {OWNER: student, NOBODY: gateway.person(None, "")}
    callers[SERVICE] = gateway.person(Role.SERVICE, student.id)  # a token of another role is nobody's student
    record = """mutation($id: ID!) {
        recordSession(input: {purchaseId: $id, sessionNumber: 1, heldAt: "2020-01-01T09:00:00Z"}) {
            ... on RecordSessionSuccess { alreadyProcessed } } }"""
    assert callers[SERVICE].data(record, id=purchase) == {"recordSession": {"alreadyProcessed": False}}
    secrets = {value for name, value in given.items() if name != "course"} | {f"secret-of-{student.id}"}
    return Scene(callers, given, frozenset(secrets - {student.id}))


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.text)
def test_each_field_answers_each_caller_as_declared(scene: Scene, root: Root, caller: str) -> None:
    wrong = []
    for way in ways(root):
        query = written(root, way)
        answer = scene.ask(caller, query)
        if fault := _fault(scene, root, way, caller, answer):
            wrong.append((fault, query, answer))
    assert wrong == []


def _fault(scene: Scene, root: Root, way: Sequence[Step], caller: str, answer: dict[str, Any]) -> str | None:
    told = json.dumps(answer)
    own = {scene.given["purchase"]} if root.audience == HELD and caller == SERVICE else set()
    if caller not in (OWNER, ADMIN) and any(secret in told for secret in scene.secrets - own):
        return "it tells what is somebody else's"
    errors = answer.get("errors", [])
    codes = [error["extensions"]["code"] for error in errors]
    guarded = next((step for step in (("Query", root.field, ""), *way) if not _may(caller, step)), None)
    if _refusal(root, caller):
        return None if codes == [_refusal(root, caller)] else "it is not refused as declared"
    if not _reaches(root, caller):
        return None if not errors and not _has_data(answer["data"]) else "what is another's exists"
    if guarded is not None and _is_reached(scene, root, way, guarded, caller):
        is_right = codes and set(codes) == {"FORBIDDEN" if caller != NOBODY else "UNAUTHENTICATED"}
        is_there = all(error["path"][-1] == guarded[1] for error in errors)
        return None if is_right and is_there else "a field is not refused, or another one is"
    if errors:
        return "a field is refused that is not guarded"
    return None


def _may(caller: str, step: Step) -> bool:
    roles = REQUIRED.get(step[:2])
    return roles is None or ROLES.get(caller) in roles


def _refusal(root: Root, caller: str) -> str | None:
    """The code that the root itself answers with."""
    if root.audience in (OWN, HELD) and caller == NOBODY:
        return "UNAUTHENTICATED"
    if not _may(caller, ("Query", root.field, "")):
        return "FORBIDDEN"
    return None


def _reaches(root: Root, caller: str) -> bool:
    """Whether there is anything for the caller behind the root."""
    if root.text == "node(id: $job)":
        return caller == ADMIN
    if root.audience in (OWN, HELD):
        return caller in (OWNER, ADMIN) or (root.audience == HELD and caller == SERVICE)
    return root.audience == PUBLIC or caller != NOBODY


def _is_reached(scene: Scene, root: Root, way: Sequence[Step], guarded: Step, caller: str) -> bool:
    """Whether the caller has anything that bears the guarded field: below an empty list nothing is refused."""
    before = way[: way.index(guarded)]
    return not before or _has_data(scene.ask(caller, written(root, before))["data"])


def _has_data(data: object) -> bool:
    if isinstance(data, dict):
        return any(map(_has_data, data.values()))
    if isinstance(data, list):
        return any(map(_has_data, data))
    return data is not None
