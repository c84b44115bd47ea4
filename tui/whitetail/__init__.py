"""Browse, tail and delete the runs of DeerFlow agents, in the terminal."""

__version__ = "0.1.0"
