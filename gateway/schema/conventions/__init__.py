"""How the API writes what every type has: ids, lists and cursors, scalars, enums, directives, errors."""
