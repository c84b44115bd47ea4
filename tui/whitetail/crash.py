"""The crash report: a file to read and to attach to a bug report."""

from __future__ import annotations

import platform
import tempfile
import time
import traceback
from pathlib import Path


def write_report(error: BaseException) -> Path:
    """Write a report of an error to the temporary folder; return its path.

    The message of the error may quote a run. The report contains no other data of it.

    Raises:
        OSError: The file cannot be written.

    """
    # Loaded here: it is slow to import, and only a crash needs it.
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
