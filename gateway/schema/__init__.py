"""The vocabulary of the API: types, inputs, unions, scalars and directives; no I/O."""
