"""Recognizes what the user typed as a database. Opens none, and loads no driver."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode

_HEADER = b"SQLite format 3\0"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+]*):/{1,}")
_SQLITE = ("sqlite", "sqlite+aiosqlite", "sqlite+pysqlite")
_POSTGRES = (
    "postgres",
    "postgresql",
    "postgresql+psycopg",
    "postgresql+asyncpg",
    "postgresql+psycopg2",
)
_RENAMED = {"ssl": "sslmode"}
_OF_ASYNCPG = ("prepared_statement_cache_size", "prepared_statement_name_func")
"""Options of SQLAlchemy's driver, which libpq does not know."""

_NAMING = ("host", "port", "dbname", "options")
"""The options that are a part of the name: options can choose a schema."""


class AddressError(ValueError):
    """A URL names no database that can be opened; the message has no password."""


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """A database that the user named."""

    name: str
    """What the user sees of it: the path of a file, or a URL without its password."""
    path: Path | None = None
    """The file of SQLite; None for a server."""
    url: str = field(default="", repr=False)
    """The URL of a server as libpq expects it, perhaps with a password."""
    user_id: str | None = None
    """The user whose rows are read; None for the rows of all users."""
    found_as: str = ""
    """Why it is opened although the user named nothing; empty if the user named it."""

    @property
    def state_name(self) -> str:
        """The name under which bookmarks, notes and positions are kept; no password."""
        name = str(self.path.absolute()) if self.path else self.name
        # With fewer rows, those of a run can have other numbers.
        return name if self.user_id is None else f"{name} --user {self.user_id}"


def address_of(text: str) -> DatabaseAddress | None:
    """Return the database that a text names: by its URL, or the header of its file.

    None if it is neither: perhaps a path of runs.

    Raises:
        AddressError: It is the URL of something else, or of no file.

    """
    if (match := _SCHEME.match(text)) is not None and "://" in text:
        scheme, rest = match[1].lower(), text.partition("://")[2]
        if scheme in _SQLITE:
            return _sqlite(rest)
        if scheme in _POSTGRES:
            _check_unicode(text)
            return DatabaseAddress(without_password(text), url=_libpq(rest))
        raise AddressError(f"{scheme}: whitetail reads SQLite and Postgres")
    return address_of_file(Path(text))


def address_of_file(path: Path) -> DatabaseAddress | None:
    """Return the address of a file of SQLite, by its first bytes; None for others."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            is_sqlite = file.read(len(_HEADER)) == _HEADER
    except OSError:
        # Opening it as a run shows the reason.
        return None
    return DatabaseAddress(str(path), path) if is_sqlite else None


def without_password(url: str) -> str:
    """Return a URL with what names the database, and nothing else."""
    rest = url.partition("://")[2]
    before, at, after = rest.rpartition("@")
    user = re.split("[:/?#@]", before, maxsplit=1)[0]
    address, _, query = after.partition("?")
    options = [each for each in parse_qsl(query) if each[0] in _NAMING]
    return f"postgresql://{user}{at}{address.partition('#')[0]}{_query(options)}"


def _sqlite(rest: str) -> DatabaseAddress:
    name = rest.partition("?")[0]
    if not name.startswith("/") or name == "/" or name.endswith(":memory:"):
        raise AddressError(
            "a URL of SQLite names a file: sqlite:///path/of/the/file.db"
        )
    path = Path(name[1:])
    return DatabaseAddress(str(path), path)


def _check_unicode(url: str) -> None:
    try:
        url.encode()
    except UnicodeEncodeError as error:
        raise AddressError("this URL of Postgres is not valid UTF-8") from error


def _libpq(rest: str) -> str:
    """Return the URL that libpq expects, given what follows the scheme."""
    address, _, query = rest.partition("?")
    options = [
        (_RENAMED.get(name, name), value)
        for name, value in parse_qsl(query, keep_blank_values=True)
        if name not in _OF_ASYNCPG
    ]
    return f"postgresql://{address}{_query(options)}"


def _query(options: list[tuple[str, str]]) -> str:
    """Return what follows the address in a URL, with readable paths of sockets."""
    return f"?{urlencode(options, safe='/', quote_via=quote)}" if options else ""
