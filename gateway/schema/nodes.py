"""What everything with an id of its own shares."""

from strawberry import ID, field, interface


@interface(description="Anything with an id of its own; `node(id:)` finds it again.")
class Node:
    id: ID = field(
        description="Type-prefixed and ordered by time of creation, such as `pay_01m82wzdd5evbs08a25nzd2awn`."
    )
