"""The terminal: what it sends, what is written to it, and its end."""
