"""What the fields that many mutations have are described as."""

KEY = (
    "A text of your own that names this call, 1 to 255 characters. The same key with the same input gives the same "
    "result and changes nothing; the same key with other input is `IdempotencyKeyReused`."
)
WHY = "Why, for the audit: 1 to 500 characters."
ALREADY = "Whether an earlier call had done this; then this call changed nothing."
