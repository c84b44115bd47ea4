"""Reads the user's file with the prices of models."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from stat import S_ISREG
from typing import Any

from rich.cells import cell_len

from whitetail.trace.stats.pricing import Prices
from whitetail.view.text import one_line

_MAX_CURRENCY_CELLS = 3
"""The largest width of a currency on the screen, in cells."""
_MAX_BYTES = 1 << 20
_MAX_PRICE = 1_000_000
_KEYS = ("input", "output", "cached")


class PricesError(Exception):
    """The file of prices cannot be used; the message is the reason, sanitized."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{one_line(str(path), 120)}: {one_line(reason)}")
        self.path = path


def default_path(environment: Mapping[str, str]) -> Path | None:
    """Return the path of the user's prices, which need not exist.

    None if the user has no home folder.
    """
    named = environment.get("XDG_CONFIG_HOME", "")
    # The XDG specification: a path that is not absolute must be ignored.
    if not named.startswith("/"):
        try:
            named = str(Path.home() / ".config")
        except RuntimeError:
            return None
    return Path(named) / "whitetail" / "prices.toml"


def read_prices(path: Path) -> Prices:
    """Return the prices in a file. Empty if there is no such file.

    Raises:
        PricesError: The file cannot be read or does not hold prices.

    """
    # Imported here, so that the first screen does not wait for it.
    import tomllib

    try:
        tables = tomllib.loads(_text(path))
        currency = tables.pop("currency", "$")
        if (
            not isinstance(currency, str)
            or cell_len(one_line(currency)) > _MAX_CURRENCY_CELLS
        ):
            raise ValueError(
                f"currency is not a text of at most {_MAX_CURRENCY_CELLS} characters"
            )
        models = {model: _price(model, table) for model, table in tables.items()}
    except (FileNotFoundError, NotADirectoryError):
        return Prices({})
    except OSError as error:
        raise PricesError(path, (error.strerror or str(error)).lower()) from error
    except UnicodeDecodeError as error:
        raise PricesError(path, "it is not UTF-8") from error
    except RecursionError as error:
        raise PricesError(path, "it is nested too deeply") from error
    except ValueError as error:
        raise PricesError(path, str(error)) from error
    return Prices(models, one_line(currency))


def _text(path: Path) -> str:
    """Return the content of a regular file."""
    # O_NONBLOCK: opening a pipe without a writer, or some devices, would wait.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        if not S_ISREG(status.st_mode):
            raise ValueError("it is not a file")
        if status.st_size > _MAX_BYTES:
            raise ValueError(f"it is larger than {_MAX_BYTES >> 20} MiB")
        return file.read(_MAX_BYTES).decode()


def _price(model: str, table: Any) -> tuple[float, float, float]:
    """Return the prices of input, output and cached input, per million tokens."""
    if not isinstance(table, dict):
        raise ValueError(f"{model} is not a table of input and output")
    for key, value in table.items():
        if isinstance(value, dict):
            quoted = f'["{model}.{key}"]'
            raise ValueError(f"a model with a dot in its name is written {quoted}")
        if key not in _KEYS:
            raise ValueError(f'in ["{model}"], {key} is none of {", ".join(_KEYS)}')
    for key in _KEYS[:2]:
        if key not in table:
            raise ValueError(f'in ["{model}"], {key} is missing')
    for key, value in table.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f'in ["{model}"], {key} is not a number')
        if not 0 <= value <= _MAX_PRICE:
            raise ValueError(
                f'in ["{model}"], {key} is not between 0 and {_MAX_PRICE:,}'
            )
    read, written = float(table["input"]), float(table["output"])
    return read, written, float(table.get("cached", read))
