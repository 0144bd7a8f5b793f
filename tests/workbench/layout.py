"""Where everything of the workbench lives, and the environment it reads."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from .failures import WorkbenchError

ADDON = "meta_crm_capi"
ODOO_SERIES = "19.0"
GIB = 1024**3


@dataclass(frozen=True)
class Layout:
    """The folders of one clone; every path is absolute."""

    repository: Path

    @classmethod
    def of_this_clone(cls) -> Layout:
        return cls(Path(__file__).resolve().parents[2])

    @property
    def root(self) -> Path:
        """The one ignored folder that holds all that is made."""
        return self.repository / ".workbench"

    @property
    def addon(self) -> Path:
        return self.repository / ADDON

    @property
    def has_addon(self) -> bool:
        return (self.addon / "__manifest__.py").is_file()

    @property
    def examples(self) -> Path:
        """The addons that the integrator's page explains."""
        return self.repository / "docs" / "examples"

    @property
    def venv(self) -> Path:
        return self.root / "venv"

    @property
    def venv_python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def logs(self) -> Path:
        return self.root / "log"

    @property
    def odoo_config(self) -> Path:
        return self.root / "odoo.conf"

    @property
    def odoo_data(self) -> Path:
        return self.root / "data"

    @property
    def bring_up_lock(self) -> Path:
        return self.root / "bring-up.lock"

    @property
    def requirements(self) -> Path:
        return Path(__file__).with_name("requirements.txt")

    @property
    def identity(self) -> str:
        """A short name of this clone, for what has to live outside of it."""
        return hashlib.sha256(str(self.root).encode()).hexdigest()[:12]

    @property
    def cache(self) -> Path:
        """Downloads, shared between all clones of this user."""
        base = os.environ.get("XDG_CACHE_HOME", "")
        parent = Path(base) if os.path.isabs(base) else Path.home() / ".cache"
        return parent / ADDON

    def prepare(self) -> None:
        """Make the folders; say clearly why that cannot be done."""
        if set(str(self.repository)) & set(",\n"):
            raise WorkbenchError(
                f"the path {self.repository} holds a comma or a line break,"
                " which Odoo's addons path cannot express",
                "Move the clone to another folder.",
            )
        try:
            for folder in (self.root, self.logs, self.odoo_data, self.cache):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorkbenchError(
                f"cannot write to {error.filename}: {error.strerror}",
                "Make the folder writable for the user who runs this.",
            ) from error


def require_space(folder: Path, needed: int, what: str) -> None:
    """Stop before a long step that the disk cannot take."""
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise WorkbenchError(
            f"{what} needs {needed / GIB:.1f} GiB below {folder},"
            f" and {free / GIB:.1f} GiB are free",
            "Free some disk space and run the same command again.",
        )
