"""What the fields that many mutations have are described as."""

KEY = (
    "Your own name for this wish, 1 to 255 characters. The same key and input again give the same result and change "
    "nothing; the same key with other input is `IdempotencyKeyReused`."
)
WHY = "Why, for the audit: 1 to 500 characters."
ALREADY = "Whether this had been done before, and this call changed nothing."
