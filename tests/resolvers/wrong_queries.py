"""Queries that cannot be meant, for every list and everything that is read by an id."""

from collections.abc import Mapping

from gateway.schema.conventions import ids
from tests.resolvers.wrong_input import IDS_OF_NONE, LONE_SURROGATE, NUL

LISTS = {
    "courses": "{ courses(%s) { nodes { id } } }",
    "purchases": "{ purchases(%s) { nodes { id } } }",
    "payments": "{ payments(%s) { nodes { id } } }",
    "jobs": "{ jobs(%s) { nodes { id } } }",
    "viewer.purchases": "{ viewer { purchases(%s) { nodes { id } } } }",
    "viewer.payments": "{ viewer { payments(%s) { nodes { id } } } }",
}
"""Each list, without its arguments."""

CURSORS_OF_NONE = ("", "x", "====", "é", "A" * 21, "A" * 22, "A" * 23, "A" * 10_000, NUL, LONE_SURROGATE)
FILTERS = {
    "PurchaseFilter": "query($v: PurchaseFilter) { purchases(filter: $v) { nodes { id } } }",
    "PaymentFilter": "query($v: PaymentFilter) { payments(filter: $v) { nodes { id } } }",
    "JobFilter": "query($v: JobFilter) { jobs(filter: $v) { nodes { id } } }",
}
TEXTS = ("", " ", NUL, LONE_SURROGATE, "a\nb", "s" * 129)
WRONG_FILTERS: dict[str, list[Mapping[str, object]]] = {
    name: [
        *({"studentId": text} for text in TEXTS),
        *({"courseId": text} for text in IDS_OF_NONE),
        *({"tier": text} for text in TEXTS),
        *({field: "GONE"} for field in enums),
        *({field: 1} for field in enums),
        {"createdFrom": "yesterday"},
        {"createdFrom": "-0001-01-01T00:00:00Z"},
        {"createdBefore": "10000-01-01T00:00:00Z"},
        {"createdFrom": "0001-01-01T00:00:00+14:00"},
        {"createdBefore": "9999-12-31T23:59:59-14:00"},
        {"createdFrom": "2026-11-24T00:00:00Z", "createdBefore": "2026-11-23T00:00:00Z"},
        {"createdFrom": "2026-11-23T00:00:00.000001Z", "createdBefore": "2026-11-23T00:00:00Z"},
        {"surprise": 1},
    ]
    for name, enums in (
        ("PurchaseFilter", ("status", "origin")),
        ("PaymentFilter", ("status", "fulfilment", "provider")),
    )
}
WRONG_FILTERS["JobFilter"] = [
    *({"paymentId": text} for text in (*IDS_OF_NONE, ids.EXAMPLES[ids.REFUND])),
    *({"purchaseId": text} for text in (*IDS_OF_NONE[:3], ids.EXAMPLES[ids.PAYMENT])),
    *({field: value} for field in ("state", "kind") for value in ("GONE", "payment.check", 1)),
]

QUERIES: list[tuple[str, Mapping[str, object]]] = [
    *[("query($v: ID!) { node(id: $v) { id } }", {"v": text}) for text in (*IDS_OF_NONE[:3], NUL, LONE_SURROGATE)],
    *[("query($v: ID!) { nodes(ids: [$v]) { id } }", {"v": text}) for text in (*IDS_OF_NONE[:3], NUL, LONE_SURROGATE)],
    ("query($v: [ID!]!) { nodes(ids: $v) { id } }", {"v": [ids.EXAMPLES[ids.COURSE]] * 101}),
    *[
        (f"query($v: ID!) {{ {name}(id: $v) {{ id }} }}", {"v": text})
        for name in ("course", "payment")
        for text in IDS_OF_NONE
    ],
    ("query($v: ID!) { purchase(id: $v) { id } }", {"v": ids.EXAMPLES[ids.COURSE]}),
    *[("query($v: ID!) { viewer { access(courseId: $v) { status } } }", {"v": text}) for text in IDS_OF_NONE],
    *[("query($v: PurchaseStatus) { viewer { purchases(status: $v) { nodes { id } } } }", {"v": "GONE"})],
    *[
        (query.replace("{", "query($v: Int) {", 1) % f"{name}: $v", {"v": size})
        for query in LISTS.values()
        for name in ("first", "last")
        for size in (-1, 101, 10**6, 2**31 - 1)
    ],
    *[(query % "first: 1, last: 1", {}) for query in LISTS.values()],
    *[(query % "first: 0, last: 0", {}) for query in LISTS.values()],
    *[
        (query.replace("{", "query($v: String) {", 1) % f"{name}: $v", {"v": text})
        for query in LISTS.values()
        for name in ("after", "before")
        for text in CURSORS_OF_NONE
    ],
    *[(FILTERS[name], {"v": condition}) for name, conditions in WRONG_FILTERS.items() for condition in conditions],
    *[
        (f"query($v: {kind}) {{ {name}(orderBy: $v) {{ nodes {{ id }} }} }}", {"v": order})
        for kind, name in (("PurchaseOrder", "purchases"), ("PaymentOrder", "payments"))
        for order in (
            {"field": "TITLE", "direction": "ASC"},
            {"field": "CREATED_AT", "direction": "UP"},
            {"field": "CREATED_AT"},
            {"direction": "ASC"},
            "CREATED_AT",
        )
    ],
]
"""Each is one BAD_USER_INPUT, whoever asks."""

FAR_BUT_RIGHT = [
    *(query % "first: 0" for query in LISTS.values()),
    *(
        f'{{ {name}(filter: {{createdFrom: "0001-01-01T00:00:00Z", createdBefore: "9999-12-31T23:59:59.999999Z"}}) '
        "{ pageInfo { hasNextPage } } }"
        for name in ("purchases", "payments")
    ),
    '{ payments(filter: {createdFrom: "9999-12-31T23:59:59Z"}) { nodes { id } } }',
    '{ purchases(filter: {createdBefore: "0001-01-01T00:00:00Z"}) { nodes { id } } }',
    f'{{ purchases(filter: {{studentId: "{"x" * 128}"}}) {{ nodes {{ id }} }} }}',
    '{ payments(filter: {studentId: "नाम", tier: "no such tier"}) { nodes { id } } }',
    "{ payments(filter: {}, orderBy: null, first: null, after: null, last: null, before: null) { nodes { id } } }",
]
