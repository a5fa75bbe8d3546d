"""The code of regions: all of an answer below one object that can be read without waiting."""
