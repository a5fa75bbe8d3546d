"""How core values lie in their columns. A value is made by a function whose parameters are named as the columns are."""
