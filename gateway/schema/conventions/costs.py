"""What a field says of its own cost, where it takes more than others do."""

COST = "cost"
"""The name of it in a field's metadata."""

LOOKUP = 10
"""Of one thing among many, each by an id of its own: 0.02 ms."""

COUNT = 500
"""Of a list's items: as many as are counted take about as long as the fields of a page."""
