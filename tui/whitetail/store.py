"""The old name of `whitetail_store`. Importing it warns; version 0.2 removes it."""

import warnings

from whitetail_store import *  # noqa: F403
from whitetail_store import __all__ as __all__

warnings.warn(
    "whitetail.store is now whitetail_store; version 0.2 removes the old name",
    DeprecationWarning,
    stacklevel=2,
)
