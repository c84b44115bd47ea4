"""Says what a database refused, in a sentence for the user, without passwords.

Knows the errors of `sqlite3` and `psycopg` by what they have in common, so that
neither needs to be imported.
"""

from __future__ import annotations

import re

_SENTENCES = (
    # SQLite.
    ("database is locked", "another program has locked the database"),
    ("database table is locked", "another program has locked the database"),
    ("attempt to write a readonly", "the database can only be read"),
    ("no such table", "it has no table `run_events`"),
    ("no such column", "its table `run_events` has other columns than DeerFlow's"),
    ("has no column named", "its table `run_events` has other columns than DeerFlow's"),
    ("file is not a database", "it is not a SQLite database"),
    ("unable to open database file", "the file cannot be opened, or is not there"),
    ("database disk image is malformed", "the database file is damaged"),
    ("database or disk is full", "the disk is full"),
    # Both drivers.
    ("surrogates not allowed", "an id is not valid Unicode"),
    # Postgres, by SQLSTATE.
    ("28P01", "the password or the user name is wrong"),
    ("28000", "the server does not accept this user"),
    ("3D000", "the server has no database of this name"),
    ("3F000", "the database has no schema of this name"),
    ("42P01", "it has no table `run_events`"),
    ("42703", "its table `run_events` has other columns than DeerFlow's"),
    ("42501", "this user may not do that"),
    ("25006", "the database can only be read"),
    ("53100", "the disk of the server is full"),
    ("53300", "the server accepts no more connections"),
    ("55P03", "another program holds a lock in the database"),
    ("57014", "the statement needed too long"),
    ("57P01", "the server has shut down"),
    ("57P03", "the server is starting or shutting down"),
)
_NO_CONNECTION = (
    # What Postgres's library says before there is a SQLSTATE.
    ("password authentication failed", "the password or the user name is wrong"),
    ("no password supplied", "the server wants a password"),
    ("could not translate host name", "there is no host of this name"),
    ("failed to resolve host", "there is no host of this name"),
    ("connection refused", "no server answers at this address"),
    ("no such file or directory", "no server answers at this address"),
    ("timeout expired", "the server does not answer"),
    ("timed out", "the server does not answer"),
    ("does not exist", "the server has no such database or user"),
)
_LOST = (
    "connection is closed",
    "connection is lost",
    "consuming input failed",
    "sending query failed",
    "server closed the connection",
    "ssl connection has been closed",
    "the connection is bad",
)
_PASSWORD = re.compile(r"(://[^:/@\s]*:)[^@/\s]+@|(password=)\S+", re.IGNORECASE)


def _of_system(error: OSError) -> str:
    return (error.strerror or type(error).__name__).casefold()


def original(error: BaseException) -> BaseException:
    """Return the error of the driver behind one of SQLAlchemy."""
    return getattr(error, "orig", None) or error


def is_busy(error: BaseException) -> bool:
    """Return whether a database refused since another program holds a lock."""
    error = original(error)
    text = str(error)
    return "is locked" in text or getattr(error, "sqlstate", None) == "55P03"


def is_lost(error: BaseException) -> bool:
    """Return whether the connection to a server has ended."""
    error = original(error)
    state = getattr(error, "sqlstate", None) or ""
    text = str(error).casefold()
    return (state[:2] in ("08", "57") and state != "57014") or any(
        each in text for each in _LOST
    )


def reason(error: BaseException) -> str:
    """Return in a few words what a database refused; never with a password."""
    error = original(error)
    text = str(error)
    state = getattr(error, "sqlstate", None)
    if isinstance(error, OSError):
        return f"the file cannot be opened: {_of_system(error)}"
    for sign, sentence in _SENTENCES:
        if sign == state or (" " in sign and sign in text):
            return sentence
    if is_lost(error):
        return "the connection to the server was lost"
    for sign, sentence in _NO_CONNECTION:
        if sign in text.casefold():
            return sentence
    first = text.strip().partition("\n")[0]
    return _PASSWORD.sub(r"\1\2***@", first) or type(error).__name__
