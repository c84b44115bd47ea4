"""Prints a command of the README, for those who must run just what it says."""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def command(name: str) -> str:
    """Return the command in the block that `<!-- name -->` stands before."""
    found = re.search(rf"<!-- {name} -->\s*```sh\n(.*?)\n```", README.read_text(), re.S)
    if found is None:
        raise LookupError(f"README.md has no command named {name}")
    return found[1]


if __name__ == "__main__":
    print(command(sys.argv[1]))
