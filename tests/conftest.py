from __future__ import annotations

import os

# As the command line has it, and before Textual is imported.
os.environ["TEXTUAL_ANIMATIONS"] = "none"
