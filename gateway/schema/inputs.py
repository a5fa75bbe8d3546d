"""The inputs of the mutations."""

KEY = (
    "Your own name for this wish, 1 to 255 characters. The same key and input again give the same result and change "
    "nothing; the same key with other input is `IdempotencyKeyReused`."
)

WHY = "Why, for the audit: 1 to 500 characters."
