"""That something changed, in the API: for pages that ask again for their lists."""

import strawberry

from gateway.schema.conventions.enums import ChangedKind


@strawberry.type(description="That something changed: what kinds of things, and no thing by itself.")
class Changed:
    kinds: list[ChangedKind] = strawberry.field(
        description="What may have changed since the result before this one; with the first, all that you asked for."
    )
