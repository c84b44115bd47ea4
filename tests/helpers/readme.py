"""Prints a command of the README, so that CI runs exactly that command."""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def command(name: str) -> str:
    """Return the command in the block after `<!-- name -->`.

    Raises:
        LookupError: There is no such block.

    """
    found = re.search(rf"<!-- {name} -->\s*```sh\n(.*?)\n```", README.read_text(), re.S)
    if found is None:
        raise LookupError(f"README.md has no command named {name}")
    return found[1]


if __name__ == "__main__":
    print(command(sys.argv[1]))
