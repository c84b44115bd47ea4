"""The error of a query that cannot be parsed."""

from __future__ import annotations


class QueryError(ValueError):
    """A query is wrong; the message is one sentence for the user."""

    def __init__(self, message: str, position: int, suggestion: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        """The index in the text of the query where the fault begins."""
        self.suggestion = suggestion
        """The nearest valid name; empty if none is near. The message has it, too."""
