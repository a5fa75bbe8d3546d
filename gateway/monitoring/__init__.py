"""How an operator's monitor gets the numbers of all processes, and what is looked at for it meanwhile."""
