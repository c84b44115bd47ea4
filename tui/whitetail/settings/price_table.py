"""The prices of models in a table of TOML."""

from __future__ import annotations

from typing import Any

from whitetail.trace.stats.pricing import Prices
from whitetail.view.text import one_line

_MAX_CURRENCY_CHARS = 3
_MAX_PRICE = 1_000_000
_KEYS = ("input", "output", "cached")


def currency_of(value: Any) -> str:
    """Return a currency, sanitized.

    Raises:
        ValueError: It is none; the message is a sentence without its subject's path.

    """
    from rich.cells import cell_len

    if not isinstance(value, str) or cell_len(one_line(value)) > _MAX_CURRENCY_CHARS:
        raise ValueError(
            f"currency is not a text of at most {_MAX_CURRENCY_CHARS} characters"
        )
    return one_line(value)


def price_of(model: str, table: Any) -> tuple[float, float, float]:
    """Return the prices of input, output and cached input, per million tokens.

    Raises:
        ValueError: The table does not hold the prices of a model.

    """
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


def prices_of(tables: dict[str, Any]) -> Prices:
    """Return the prices in a table with a table for each model.

    Raises:
        ValueError: The table holds something else.

    """
    currency = currency_of(tables.get("currency", "$"))
    models = {
        model: price_of(model, table)
        for model, table in tables.items()
        if model != "currency"
    }
    return Prices(models, currency)
