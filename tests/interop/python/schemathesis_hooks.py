"""What schemathesis is told of this API: values worth trying, and what every answer owes its caller."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import schemathesis
from graphql import GraphQLError, GraphQLSchema, build_schema, parse, validate
from hypothesis import strategies as st
from schemathesis.graphql import nodes

from gateway.schema.conventions.errors import ErrorCode
from tests.interop.python.conformance import Conformance
from tests.interop.python.trials import ADMIN_TOKEN, STUDENT_TOKEN, ask, new_course, payment_input
from tests.served.operations import CONFIRM_PAYMENT, CREATE_PAYMENT

SDL = Path(__file__).parents[3] / "schema.graphql"


@cache
def ids() -> list[str]:
    """Ids of what there is, in every state that a few calls lead to, and of what there is not."""
    course, other = new_course(), new_course()
    paid, unpaid = (
        ask(STUDENT_TOKEN, CREATE_PAYMENT, input=payment_input(each))["createPayment"]["payment"]["id"]
        for each in (course, other)
    )
    bought = ask(STUDENT_TOKEN, CONFIRM_PAYMENT, input={"paymentId": paid})["confirmPayment"]["purchase"]["id"]
    nothing = [f"{prefix}_01j0000000e008000000000009" for prefix in ("crs", "pay", "pur", "job", "rfd")]
    jobs = ask(ADMIN_TOKEN, "{ jobs(first: 3) { nodes { id } } }")["jobs"]["nodes"]
    return [course, other, paid, unpaid, bought, "student-1", *nothing, *(job["id"] for job in jobs)]


@cache
def texts() -> list[str]:
    """Cursors of every list, which follow `first` and `after`, and texts that a field may be strict about."""
    lists = ("courses", "payments", "purchases", "jobs")
    asked = " ".join(f"{name}(first: 1) {{ pageInfo {{ endCursor }} }}" for name in lists)
    found = ask(ADMIN_TOKEN, f"{{ {asked} }}").values()
    return [*(page["pageInfo"]["endCursor"] for page in found if page["pageInfo"]["endCursor"]), "tok_succeed", "", " "]


def often(*values: object) -> st.SearchStrategy[Any]:
    """These, and now and then any text."""
    return st.one_of(st.sampled_from(values), st.sampled_from(values), st.text(max_size=80)).map(nodes.String)


schemathesis.graphql.scalar("ID", st.deferred(lambda: often(*ids())))
schemathesis.graphql.scalar("String", st.deferred(lambda: often(*texts())))
schemathesis.graphql.scalar("PurchaseTier", often("BASIC", "STANDARD", "PREMIUM"))
schemathesis.graphql.scalar("Currency", often("INR", "JPY", "USD", "XXX"))
schemathesis.graphql.scalar("TimeZone", often("Asia/Kolkata", "Europe/Berlin", "America/St_Johns"))
schemathesis.graphql.scalar("LocalTime", often("17:30", "00:00", "23:59", "02:30"))
schemathesis.graphql.scalar("Date", often("2026-12-06", "2027-02-28", "0001-01-01", "9999-12-31"))
INSTANTS = ("2026-12-31T18:30:00Z", "2027-01-01T00:00:00+05:30", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
schemathesis.graphql.scalar("DateTime", often(*INSTANTS))
INTS = st.one_of(st.integers(1, 100), st.integers(-2, 500), st.integers(-(2**31), 2**31 - 1))
schemathesis.graphql.scalar("Int", INTS.map(nodes.Int))
MINORS = st.one_of(st.integers(1, 500_000), st.integers(0, 2**53 - 1))
schemathesis.graphql.scalar("MinorUnits", MINORS.map(nodes.Int))


@cache
def schema() -> GraphQLSchema:
    return build_schema(SDL.read_text(encoding="utf-8"))


@schemathesis.check
def no_server_error(ctx: object, response: Any, case: Any) -> None:
    """Neither by its status nor among its errors, where a masked one is INTERNAL."""
    assert response.status_code < 500, response.status_code
    codes = [error["extensions"]["code"] for error in response.json().get("errors", [])]
    assert ErrorCode.INTERNAL not in codes, response.text
    assert response.status_code == 200 or "data" not in response.json(), response.status_code


@schemathesis.check
def answer_is_of_the_schema(ctx: object, response: Any, case: Any) -> None:
    """Data has what the document asked for and the schema promises; errors have a code that we know."""
    answer = json.loads(response.content)
    try:
        document = parse(case.body)
        refused = validate(schema(), document)
    except GraphQLError:
        refused = [GraphQLError("it does not parse")]
    if refused:
        assert answer.get("data") is None, f"it was answered although {refused[0].message}"
        assert answer["errors"], "it was refused without an error"
        return
    assert (faults := Conformance(schema(), document).faults(answer)) == [], faults
