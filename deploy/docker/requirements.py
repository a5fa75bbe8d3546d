"""Prints what pyproject.toml asks for, so that a layer of the image has it before our own code comes.

python3 requirements.py [extra ...]
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path


def main(extras: list[str]) -> None:
    """Print a line for each, of the extras as well."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project.get("optional-dependencies", {})
    if unknown := [each for each in extras if each not in optional]:
        raise SystemExit(f"No such extra: {', '.join(unknown)}. There are: {', '.join(optional)}.")
    for requirement in (*project["dependencies"], *_of_extras(extras, project["name"], optional)):
        print(requirement)


def _of_extras(extras: Iterable[str], name: str, optional: dict[str, list[str]]) -> Iterator[str]:
    """One that names the project itself stands for others of its extras: the project is installed from here alone."""
    for extra in extras:
        for requirement in optional[extra]:
            if itself := re.fullmatch(rf"{re.escape(name)}\[(.*)\]", requirement):
                yield from _of_extras(re.split(r"\s*,\s*", itself[1].strip()), name, optional)
            else:
                yield requirement


if __name__ == "__main__":
    main(sys.argv[1:])
