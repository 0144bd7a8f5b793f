"""The browser of the web tests: Debian's chromium."""

from __future__ import annotations

import shutil
from pathlib import Path

from . import debian
from .failures import WorkbenchError
from .layout import Layout

# A browser without any font draws no text.
PACKAGES = ("chromium", "fonts-liberation")
# The names that Odoo's own test tools look for, in their order.
NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


def find() -> Path | None:
    """The browser on PATH that Odoo's tests would start."""
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    return None


def ensure(layout: Layout) -> Path:
    """The browser, installed first where root may do that."""
    found = find()
    if found is None:
        debian.install(PACKAGES, what="Chromium", logs=layout.logs)
        found = find()
    if found is None:
        raise WorkbenchError("chromium was installed, but it is not on PATH")
    return found
