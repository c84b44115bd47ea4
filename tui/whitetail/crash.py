"""What is left of a crash: a report to read and to send."""

from __future__ import annotations

import platform
import tempfile
import time
import traceback
from pathlib import Path


def report(error: BaseException) -> Path:
    """Write down what happened, and say where.

    What the error says may quote a run; nothing else of one is in it.

    Raises:
        OSError: The file can't be written.

    """
    # Slow to load, and needed by nobody else.
    from importlib.metadata import version

    lines = [
        f"whitetail {version('whitetail')}, textual {version('textual')}, "
        f"Python {platform.python_version()}, {platform.platform()}",
        time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "",
        *traceback.format_exception(error),
    ]
    name = f"whitetail-crash-{time.strftime('%Y%m%d-%H%M%S')}-"
    with tempfile.NamedTemporaryFile(
        "w",
        encoding="utf-8",
        errors="replace",
        prefix=name,
        suffix=".txt",
        delete=False,
    ) as file:
        file.write("\n".join(lines))
    return Path(file.name)
