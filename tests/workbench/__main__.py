"""``python3 -m tests.workbench <command>``: see ``--help``."""

from __future__ import annotations

import sys

from .commands import main

sys.exit(main(sys.argv[1:]))
