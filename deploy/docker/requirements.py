"""Prints what pyproject.toml asks for, so that a layer of the image has it before our own code comes.

python3 requirements.py [extra ...]
"""

import sys
import tomllib
from pathlib import Path


def main(extras: list[str]) -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in (
        *project["dependencies"],
        *(each for e in extras for each in project["optional-dependencies"][e]),
    ):
        print(requirement)


if __name__ == "__main__":
    main(sys.argv[1:])
