"""Documents compiled to functions, which know success alone: see the README beside this."""
