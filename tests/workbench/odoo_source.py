"""Finding Odoo 19: what is there already, else Debian's package."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from . import debian, python_env
from .failures import WorkbenchError
from .layout import GIB, ODOO_SERIES, Layout, require_space

DEBIAN_PACKAGE = "odoo-19"
# What relative links inside that package point to.
LINKED_PACKAGES = (
    "fonts-font-awesome",
    "fonts-glyphicons-halflings",
    "fonts-inconsolata",
    "fonts-montserrat",
    "fonts-ocr-b",
    "fonts-roboto-unhinted",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
)
# Bundled by the web client, left out of the package for want of its source. Without
# any file of that name every page of Odoo logs an error in the browser's console.
LEFT_OUT = Path("mail/static/lib/selfie_segmentation/selfie_segmentation.js")
UNPACKED_SIZE = int(1.5 * GIB)


@dataclass(frozen=True)
class OdooSource:
    """An Odoo on disk.

    :param parent: the folder that holds the package ``odoo``
    :param origin: where it came from, in words
    """

    parent: Path
    origin: str

    @property
    def package(self) -> Path:
        return self.parent / "odoo"

    @property
    def version(self) -> str:
        """The release, read without importing anything: ``19.0``."""
        text = (self.package / "release.py").read_text()
        found = re.search(r"^version_info\s*=\s*\((\d+),\s*(\d+)", text, re.MULTILINE)
        return ".".join(found.groups()) if found else "unknown"

    @property
    def addons_paths(self) -> list[Path]:
        """Folders of Odoo's own addons; a source checkout has two."""
        folders = [self.package / "addons", self.parent / "addons"]
        return [path for path in folders if any(path.glob("*/__manifest__.py"))]


def find(layout: Layout) -> OdooSource | None:
    """What ``ODOO_HOME`` or an importable ``odoo`` gives, or an unpacked package.

    :raise WorkbenchError: when what is named is not Odoo 19
    """
    home = os.environ.get("ODOO_HOME")
    if home:
        return _checked(_in_home(Path(home)))
    parent = _importable()
    if parent and layout.root not in parent.parents:
        return _checked(OdooSource(parent, "importable"))
    unpacked = sorted(
        path
        for path in layout.root.glob(f"{DEBIAN_PACKAGE}_*")
        if path.is_dir() and path.suffix != ".part"
    )
    if not unpacked:
        return None
    (packages,) = unpacked[-1].glob("usr/lib/python3/dist-packages")
    return _checked(OdooSource(packages, f"Debian's {unpacked[-1].name}"))


def chosen(layout: Layout) -> OdooSource:
    """The Odoo that the environment was pointed at.

    :raise WorkbenchError: before the first bring-up
    """
    try:
        parent = Path(python_env.pointer(layout).read_text().strip())
    except (FileNotFoundError, ValueError) as error:
        raise WorkbenchError(
            "the workbench is not set up", "Run: python3 -m tests.workbench up"
        ) from error
    return OdooSource(parent, "chosen")


def fetch(layout: Layout) -> OdooSource:
    """Get Debian's package into the workbench."""
    require_space(layout.root, UNPACKED_SIZE, "unpacking Odoo")
    apt = debian.PrivateApt(layout.root / "apt", layout.cache / "debian", layout.logs)
    files = apt.fetch([DEBIAN_PACKAGE, *LINKED_PACKAGES])
    debian.unpack(files, layout.root / files[0].stem)
    found = find(layout)
    if found is None:
        raise WorkbenchError(f"Debian's package {DEBIAN_PACKAGE} held no Odoo")
    return found


def complete(source: OdooSource) -> None:
    """Put an empty file where the unpacked package lacks one that it bundles."""
    for addons in source.addons_paths:
        stand_in = addons / LEFT_OUT
        if (addons / "mail").is_dir() and not stand_in.exists():
            stand_in.parent.mkdir(parents=True, exist_ok=True)
            stand_in.touch()


def _in_home(home: Path) -> OdooSource:
    home = home.expanduser().resolve()
    for parent in (home, home.parent):
        if (parent / "odoo" / "release.py").is_file():
            return OdooSource(parent, "ODOO_HOME")
    raise WorkbenchError(
        f"ODOO_HOME is {home}, and no Odoo is there",
        "It must be the folder that holds the odoo package, or odoo-bin.",
    )


def _importable() -> Path | None:
    """The folder of an ``odoo`` that this interpreter would import."""
    # Odoo 19 is a namespace package: its parts are found by looking at the path.
    for entry in sys.path:
        if (Path(entry or ".") / "odoo" / "release.py").is_file():
            return Path(entry or ".").resolve()
    return None


def _checked(source: OdooSource) -> OdooSource:
    if source.version != ODOO_SERIES:
        raise WorkbenchError(
            f"the Odoo in {source.parent} is {source.version},"
            f" and this addon is for {ODOO_SERIES}",
            f"Point ODOO_HOME at an Odoo {ODOO_SERIES}, or unset it.",
        )
    return source
