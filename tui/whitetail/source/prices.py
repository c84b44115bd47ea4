"""Reads the user's file with the prices of models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from whitetail.settings.file import read_text
from whitetail.settings.price_table import prices_of
from whitetail.trace.stats.pricing import Prices
from whitetail.view.text import one_line


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


def user_prices(path: Path | None, own: Prices) -> Prices:
    """Return the prices in a file, if any, with those of the settings, which win.

    Raises:
        PricesError: The file cannot be read or does not hold prices.

    """
    return own if path is None else read_prices(path).updated(own)


def read_prices(path: Path) -> Prices:
    """Return the prices in a file. Empty if there is no such file.

    Raises:
        PricesError: The file cannot be read or does not hold prices.

    """
    # Imported here, so that the first screen does not wait for it.
    import tomllib

    try:
        return prices_of(tomllib.loads(read_text(path)))
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
