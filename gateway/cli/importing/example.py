"""What `gateway import purchases --example` prints: a mapping, and a file that it fits."""

from gateway.services.core.legacy.old_fields import FIELDS

EXAMPLE_MAPPING = """\
# mapping.toml: how rows of the old system become ours. All of it is optional: a file whose columns have our names
# (oldId or old_id) and our words needs none.

source = "platform"        # the old system's name: within it an id comes over once
timeZone = "Asia/Kolkata"  # of slots whose row names none
timesIn = "UTC"            # of times that are written without an offset

[columns]                  # our field = their column; for JSON lines also a path: paymentReference = "payment.id"
oldId = "id"
studentId = "user_id"
courseId = "course"
purchaseTier = "plan"
createdAt = "created_at"
expiresAt = "valid_until"
sessionsUsed = "classes_taken"
paymentReference = "stripe_payment_intent"
amount = "paid"
refundedAmount = "refunded"
metadata = "meta"
status = "state"
endedAt = "closed_at"

[constants]                # what all rows have whose own is blank
provider = "STRIPE"
currency = "INR"

[values.courseId]          # of a field: their word = ours
12 = "crs_01j0000000e008000000000001"

[values.purchaseTier]
silver = "BASIC"
gold = "STANDARD"

[values.status]
paid = "ACTIVE"
cancelled = "REVOKED"

[values.expiresAt]
"" = "never"               # a blank one means no end, and not the tier's validity
"""

EXAMPLE_FILE = """\
id,user_id,course,plan,created_at,valid_until,classes_taken,stripe_payment_intent,paid,refunded,meta,state,closed_at
1001,student-7,12,silver,2026-09-01 08:30:00,2027-03-31,3,pi_3PqL1,1999.00,,"{""isSundayOnly"": true, \
""sessionDuration"": 60, ""timeSlot"": ""17:30""}",paid,
1002,student-8,12,gold,2026-09-02 10:00:00,,12,pi_3PqL2,4999.00,4999.00,"{""isSundayOnly"": false, \
""timeSlot"": ""5:30 PM - 6:30 PM""}",,2026-10-01
1003,student-9,12,gold,2026-09-03 10:00:00,2027-03-31,0,,,,"{""isSundayOnly"": false, ""sessionDuration"": 45, \
""timeSlot"": ""07:00"", ""teacher"": ""Asha""}",cancelled,2026-09-20
"""


def example() -> str:
    """The mapping, the file, and what each field means."""
    fields = "\n".join(f"#   {name}: {meaning}" for name, meaning in FIELDS.items())
    return f"{EXAMPLE_MAPPING}\n# The fields:\n{fields}\n\n# old.csv, which it fits:\n{_commented(EXAMPLE_FILE)}"


def _commented(text: str) -> str:
    return "".join(f"# {line}\n" for line in text.splitlines())
