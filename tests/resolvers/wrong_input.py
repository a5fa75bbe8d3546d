"""Input that no mutation takes: what differs from right input, and what the answer says of it."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from gateway.schema.conventions import ids
from tests.served.operations import COURSE

GONE = object()
"""The field is left out."""

NUL, LONE_SURROGATE = "a\0b", "a\ud800b"
NAN, INFINITY = float("nan"), float("inf")
LABEL = {"key": "a", "value": "b"}
TIER: dict[str, Any] = COURSE["tiers"][0]
IDS_OF_NONE = ("", "pay_", "x" * 10_000, ids.EXAMPLES[ids.PURCHASE], NUL, LONE_SURROGATE, "../etc/passwd")
PURCHASE_IDS_OF_NONE = ("", "pur_", "x" * 10_000, ids.EXAMPLES[ids.PAYMENT], NUL, LONE_SURROGATE, "../etc/passwd")
AMENDMENTS = ("extendPurchase", "correctPurchaseMetadata", "revokePurchase")
TEXTS_OF_NONE = ("", " \t", NUL, "a\nb", "a\x1bb", LONE_SURROGATE)
SUBJECTS_OF_NONE = ("\ufeffs2", "s2\u200b", "s2\u00a0", " s2", "s2 ", "s\u202e2", "s" * 129)
"""Ids of students that no token could have."""

Changes = Mapping[str, object]
"""What differs from a right input, by the way to it: `metadata.timeSlot.start`."""

METADATA_PROBLEMS: list[tuple[Changes, list[str]]] = [
    *[({"metadata.sessionDuration": n}, ["metadata.sessionDuration"]) for n in (14, 481, 0, -60, 2**31 - 1)],
    *[
        ({"metadata.timeSlot.timeZone": zone}, ["metadata.timeSlot.timeZone"])
        for zone in ("Nowhere/Land", "asia/kolkata", "../UTC", "+05:30", NUL, LONE_SURROGATE)
    ],
    *[({"metadata.date": day}, ["metadata.date"]) for day in ("2090-01-02", "1999-12-26", "2101-01-02")],
    ({"metadata.labels": [LABEL] * 2}, ["metadata.labels.1.key"]),
    ({"metadata.labels": [{"key": f"{n}", "value": "x"} for n in range(21)]}, ["metadata.labels"]),
    (
        {"metadata.labels": [LABEL, {"key": "k" * 65, "value": "v" * 501}]},
        ["metadata.labels.1.key", "metadata.labels.1.value"],
    ),
    *[({"metadata.labels": [{"key": text, "value": "b"}]}, ["metadata.labels.0.key"]) for text in TEXTS_OF_NONE],
    *[({"metadata.labels": [{"key": "a", "value": text}]}, ["metadata.labels.0.value"]) for text in TEXTS_OF_NONE],
    (
        {"metadata.sessionDuration": 0, "metadata.timeSlot.timeZone": "X", "metadata.date": "2090-01-02"},
        ["metadata.sessionDuration", "metadata.timeSlot.timeZone", "metadata.date"],
    ),
]

PROBLEMS: list[tuple[str, Changes, list[str]]] = [
    *[
        (name, changes, paths)
        for name in ("createPayment", "createPurchase", "confirmPayment", "correctPurchaseMetadata")
        for changes, paths in METADATA_PROBLEMS
    ],
    # createPayment
    *[("createPayment", {"courseId": text}, ["courseId"]) for text in IDS_OF_NONE],
    *[("createPayment", {"idempotencyKey": text}, ["idempotencyKey"]) for text in (*TEXTS_OF_NONE, "k" * 256)],
    ("createPayment", {"tier": GONE}, ["tier"]),
    ("createPayment", {"tier": None, "sessionCount": None}, ["tier"]),
    ("createPayment", {"tier": "basic"}, ["tier"]),
    ("createPayment", {"tier": LONE_SURROGATE}, ["tier"]),
    ("createPayment", {"tier": "BASIC", "sessionCount": 12}, ["sessionCount"]),
    *[("createPayment", {"tier": None, "sessionCount": n}, ["sessionCount"]) for n in (0, -1, 5, 2**31 - 1)],
    ("createPayment", {"provider": "STRIPE"}, ["provider"]),
    ("createPayment", {"metadata.date": "2020-01-05"}, ["metadata.date"]),
    (
        "createPayment",
        {"courseId": "?", "provider": "RAZORPAY", "metadata.sessionDuration": 1},
        ["courseId", "provider", "metadata.sessionDuration"],
    ),
    # confirmPayment
    *[("confirmPayment", {"paymentId": text}, ["paymentId"]) for text in IDS_OF_NONE],
    *[
        ("confirmPayment", {"proof": {"sandbox": {"token": text}}}, ["proof.sandbox.token"])
        for text in (
            "",
            "tok",
            "tok_succeed\n",
            "tok_process_-1",
            "tok_process_9999",
            "tok_capture_1_inr",
            "tok_decline_",
            "tok_decline_A",
            NUL,
            LONE_SURROGATE,
            "x" * 10_000,
        )
    ],
    # createPurchase
    *[("createPurchase", {"courseId": text}, ["courseId"]) for text in IDS_OF_NONE],
    *[("createPurchase", {"studentId": text}, ["studentId"]) for text in (*TEXTS_OF_NONE, *SUBJECTS_OF_NONE)],
    *[("createPurchase", {"reason": text}, ["reason"]) for text in (*TEXTS_OF_NONE, "r" * 501, "r" * 200_000)],
    *[("createPurchase", {"idempotencyKey": text}, ["idempotencyKey"]) for text in (*TEXTS_OF_NONE, "k" * 256)],
    ("createPurchase", {"purchaseTier": GONE}, ["purchaseTier"]),
    ("createPurchase", {"purchaseTier": "GOLD"}, ["purchaseTier"]),
    ("createPurchase", {"purchaseTier": "BASIC", "sessionCount": 12}, ["sessionCount"]),
    *[("createPurchase", {"purchaseTier": None, "sessionCount": n}, ["sessionCount"]) for n in (0, -1, 5)],
    *[
        ("createPurchase", {"expiryDate": instant}, ["expiryDate"])
        for instant in (
            "2020-01-01T00:00:00Z",
            "0001-01-01T00:00:00Z",
            "2101-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999Z",
        )
    ],
    ("createPurchase", {"metadata.date": "2090-01-01", "expiryDate": "2090-01-01T12:00:00Z"}, ["expiryDate"]),
    # extendPurchase, correctPurchaseMetadata, revokePurchase
    *[(name, {"purchaseId": text}, ["purchaseId"]) for name in AMENDMENTS for text in PURCHASE_IDS_OF_NONE],
    *[(name, {"reason": text}, ["reason"]) for name in AMENDMENTS for text in (*TEXTS_OF_NONE, "r" * 501)],
    *[
        (name, {"idempotencyKey": text}, ["idempotencyKey"])
        for name in AMENDMENTS
        for text in (*TEXTS_OF_NONE, "k" * 256)
    ],
    *[
        ("extendPurchase", {"expiryDate": instant}, ["expiryDate"])
        for instant in ("2020-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "2101-01-01T00:00:00Z")
    ],
    ("correctPurchaseMetadata", {"metadata.date": "2090-01-01"}, ["metadata.date"]),
    (
        "correctPurchaseMetadata",
        {"purchaseId": "?", "reason": "", "metadata.sessionDuration": 1},
        ["purchaseId", "reason", "metadata.sessionDuration"],
    ),
    # saveCourse
    *[("saveCourse", {"id": text}, ["id"]) for text in IDS_OF_NONE],
    *[("saveCourse", {"title": text}, ["title"]) for text in (*TEXTS_OF_NONE, "t" * 201)],
    *[("saveCourse", {"idempotencyKey": text}, ["idempotencyKey"]) for text in (*TEXTS_OF_NONE, "k" * 256)],
    ("saveCourse", {"tiers": []}, ["tiers"]),
    ("saveCourse", {"tiers": [{**TIER, "code": f"T{n}", "rank": n} for n in range(51)]}, ["tiers"]),
    ("saveCourse", {"tiers": [TIER, {**TIER, "rank": 2}]}, ["tiers.0.code", "tiers.1.code"]),
    ("saveCourse", {"tiers": [TIER, {**TIER, "code": "OTHER"}]}, ["tiers.0.rank", "tiers.1.rank"]),
    *[
        ("saveCourse", {"tiers.0.code": code}, ["tiers.0.code"])
        for code in ("a b", "-A", "é", "T" * 33, NUL, LONE_SURROGATE)
    ],
    *[("saveCourse", {"tiers.0.sessionCount": n}, ["tiers.0.sessionCount"]) for n in (0, -1, 10_001)],
    *[("saveCourse", {"tiers.0.validityDays": n}, ["tiers.0.validityDays"]) for n in (0, -1, 36_501)],
    *[("saveCourse", {"tiers.0.rank": n}, ["tiers.0.rank"]) for n in (-1, 1001)],
    *[
        ("saveCourse", {"tiers.0.price.currency": code}, ["tiers.0.price.currency"])
        for code in ("inr", "RUP", "XXX", "RUPEE", "₹", NUL, LONE_SURROGATE)
    ],
]

NO_OBJECT: tuple[object, ...] = (None, 5, "x", [], True)
ANOTHER_TYPE: dict[str, dict[str, tuple[object, ...]]] = {
    "createPayment": {
        "": NO_OBJECT,
        "metadata": (*NO_OBJECT, GONE),
        "courseId": (None, GONE),
        "provider": ("CASH", 1),
        "purpose": ("GIFT", 1),
        "sessionCount": ("4", 4.5, 2**31),
        "surprise": (1,),
    },
    "confirmPayment": {
        "": NO_OBJECT,
        "paymentId": (None, GONE, [], {}),
        "proof": ({}, {"sandbox": None}, {"sandbox": {}}, {"stripe": {}}, "tok_succeed"),
        "proof.sandbox.token": (None, GONE, 5),
    },
    "createPurchase": {
        "": NO_OBJECT,
        "metadata": (*NO_OBJECT, GONE),
        "metadata.isSundayOnly": (None, GONE, "true", 1),
        "metadata.sessionDuration": (None, GONE, "60", 60.5, 2**31, -(2**31) - 1, 10**30, NAN, -INFINITY, True),
        "metadata.timeSlot": (None, GONE, "17:30", []),
        "metadata.timeSlot.start": (None, GONE, "", "24:00", "17:60", "5:30", "17:30:00", "17:30\n", 1730, "１7:30"),
        "metadata.timeSlot.timeZone": (None, GONE, "", "Z" * 65, 5),
        "metadata.date": ("", "2090-02-30", "2090-1-1", "01/01/2090", "2090-01-01T00:00:00Z", 20900101, "0000-01-01"),
        "metadata.labels": ("x", {"key": "a"}, [None], [[]], {"": ""}),
        "metadata.surprise": (1,),
        "expiryDate": (
            "",
            "2090-01-01",
            "2090-01-01T00:00:00",
            "0001-01-01T00:00:00+14:00",
            5,
            [],
            NUL,
            LONE_SURROGATE,
        ),
        "onExisting": (None, "return", "DELETE", 1),
        "purchaseTier": ("", "T" * 65, 5, [], {}),
        "studentId": (None, GONE, [], 1.5),
        "courseId": (None, GONE, [], 1.5),
        "reason": (None, GONE, [], 1.5),
    },
    "createPurchases": {
        "": (None, 5, "x", True, [None], [[]]),
        "0.reason": (None, GONE),
        "0.metadata": (None, GONE, []),
    },
    "extendPurchase": {
        "": NO_OBJECT,
        "purchaseId": (None, GONE, [], 1.5),
        "expiryDate": (None, GONE, "", "2090-01-01", "2090-01-01T00:00:00", 5, [], NUL, LONE_SURROGATE),
        "reason": (None, GONE, [], 1.5),
        "surprise": (1,),
    },
    "correctPurchaseMetadata": {
        "": NO_OBJECT,
        "purchaseId": (None, GONE, [], 1.5),
        "metadata": (*NO_OBJECT, GONE),
        "metadata.timeSlot.start": (None, GONE, "", "24:00"),
        "reason": (None, GONE, [], 1.5),
    },
    "revokePurchase": {
        "": NO_OBJECT,
        "purchaseId": (None, GONE, [], 1.5),
        "reason": (None, GONE, [], 1.5),
    },
    "saveCourse": {
        "": NO_OBJECT,
        "title": (None, GONE, {}),
        "tiers": (None, GONE, {}),
        "tiers.0.price": (None, GONE, {}),
        "tiers.0.rank": (None, GONE, {}),
        "tiers.0.price.amountMinor": (*(None, GONE, {}, "4", True, -1, 4.5, 2**53, 10**400, NAN, INFINITY, -INFINITY),),
    },
}
REFUSED = [
    (mutation, {way: value})
    for mutation, fields in ANOTHER_TYPE.items()
    for way, values in fields.items()
    for value in values
]
"""Input that is not of its type: refused before any resolver runs."""


def changed(given: Any, changes: Changes) -> Any:
    """The input with the changes; the empty way leads to the input as a whole."""
    whole: Any = {"input": deepcopy(given)}
    for way, value in changes.items():
        *outer, last = [int(step) if step.isdigit() else step for step in f"input.{way}".strip(".").split(".")]
        inner = whole
        for step in outer:
            inner = inner[step]
        if value is GONE:
            del inner[last]
        else:
            inner[last] = value
    return whole["input"]
