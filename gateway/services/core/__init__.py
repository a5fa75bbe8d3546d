"""The pure core: values and rules, standard library only; the time and new ids arrive as arguments."""
