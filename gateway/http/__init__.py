"""Mechanics of HTTP that know no path of ours."""
