"""Debian packages fetched with a private apt, unpacked and not installed.

The machine's own apt is asked for the address of its Debian mirror, its proxies
and its keys; its sources, lists and package state stay untouched.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .failures import WorkbenchError
from .processes import run

SUITE = "unstable"
KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)
MIRROR_SUITES = {"oldstable", "stable", "testing", "unstable", "sid"}
# How long a list of package versions is taken for the present one.
LIST_LIFETIME = 14 * 24 * 3600

NO_ODOO = "Or set ODOO_HOME to a folder that holds Odoo 19."
NO_NETWORK = f"Look at the network and the proxy settings of apt. {NO_ODOO}"


@dataclass(frozen=True)
class Package:
    """One version of one Debian package, as apt describes it."""

    name: str
    version: str
    size: int
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.name}_{self.version.replace(':', '%3a')}.deb"


def require_apt() -> None:
    """Stop on a machine that is not Debian's kind."""
    missing = [
        tool for tool in ("apt-get", "apt-cache", "dpkg-deb") if not shutil.which(tool)
    ]
    if missing:
        raise WorkbenchError(
            "Odoo 19 is not here, and this machine lacks what Debian's package is"
            f" fetched with ({', '.join(missing)})",
            "Set ODOO_HOME to a folder that holds Odoo 19.",
        )


def mirror_address() -> str:
    """The address of the Debian mirror that this machine uses.

    :raise WorkbenchError: when apt has no Debian mirror among its sources
    """
    wanted = MIRROR_SUITES | {_codename()}
    known = _index_targets("$(REPO_URI)\t$(LABEL)\t$(COMPONENT)")
    for uri, label, component in known:
        if label == "Debian" and component == "main":
            return uri
    # Before the first `apt-get update` of a machine no label is known.
    for uri, release, component in _index_targets(
        "$(REPO_URI)\t$(RELEASE)\t$(COMPONENT)", "--no-release-info"
    ):
        if component == "main" and release in wanted and "debian" in uri:
            return uri
    raise WorkbenchError("apt knows no Debian mirror on this machine", NO_ODOO)


def _codename() -> str:
    try:
        lines = Path("/etc/os-release").read_text().splitlines()
    except FileNotFoundError:
        return ""
    facts = dict(line.split("=", 1) for line in lines if "=" in line)
    return facts.get("VERSION_CODENAME", "").strip('"')


def _index_targets(form: str, *options: str) -> list[list[str]]:
    done = subprocess.run(
        [
            "apt-get",
            "indextargets",
            *options,
            "--format",
            form,
            "Created-By: Packages",
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return [line.split("\t") for line in done.stdout.splitlines() if line]


class PrivateApt:
    """An apt with sources, lists and cache of its own below one folder.

    :param folder: made anew on every use; a half-finished one does no harm
    :param cache: where downloaded packages stay, shared between clones
    :param logs: folder for what apt printed
    """

    def __init__(self, folder: Path, cache: Path, logs: Path) -> None:
        self.folder = folder
        self.cache = cache
        self.logs = logs

    def fetch(self, names: Sequence[str], *, newest: bool = False) -> list[Path]:
        """Files of these packages, downloaded where the cache has them not.

        :param newest: ask the mirror even if the cached list is young
        :raise WorkbenchError: without network, without mirror, on a wrong file
        """
        self.cache.mkdir(parents=True, exist_ok=True)
        packages = self._remembered(names)
        young = packages is not None and self._list_age() < LIST_LIFETIME
        if not young or newest:
            try:
                packages = self._ask_mirror(names)
            except WorkbenchError:
                if packages is None:
                    raise
                # Without network the versions of last time are good enough.
        files = []
        for package in packages:
            target = self.cache / package.file_name
            if not self._sound(target, package):
                self._download(package, target)
            files.append(target)
        return files

    @property
    def _list_file(self) -> Path:
        return self.cache / "packages.json"

    def _list_age(self) -> float:
        return time.time() - self._list_file.stat().st_mtime

    def _remembered(self, names: Sequence[str]) -> list[Package] | None:
        """The cached list, when it and all of its files are whole."""
        try:
            rows = json.loads(self._list_file.read_text())
            packages = [Package(**row) for row in rows]
        except (FileNotFoundError, ValueError, TypeError):
            return None
        if [package.name for package in packages] != list(names):
            return None
        whole = all(
            self._sound(self.cache / package.file_name, package) for package in packages
        )
        return packages if whole else None

    def _ask_mirror(self, names: Sequence[str]) -> list[Package]:
        require_apt()
        self._configure(mirror_address())
        self._apt(
            "apt-get", "update", what="reading Debian's package lists", cure=NO_NETWORK
        )
        packages = [self._describe(name) for name in names]
        temporary = self._list_file.with_suffix(".new")
        temporary.write_text(json.dumps([asdict(package) for package in packages]))
        temporary.replace(self._list_file)
        return packages

    def _describe(self, name: str) -> Package:
        text = self._apt(
            "apt-cache",
            "show",
            "--no-all-versions",
            name,
            what=f"looking up Debian's package {name}",
            cure=f"The mirror's {SUITE} suite may lack it. {NO_ODOO}",
        )
        facts = dict(
            line.split(": ", 1)
            for line in text.splitlines()
            if ": " in line and not line.startswith(" ")
        )
        return Package(name, facts["Version"], int(facts["Size"]), facts["SHA256"])

    def _download(self, package: Package, target: Path) -> None:
        if not (self.folder / "apt.conf").is_file():
            require_apt()
            self._configure(mirror_address())
            self._apt("apt-get", "update", what="reading Debian's package lists")
        with tempfile.TemporaryDirectory(dir=self.cache) as folder:
            self._apt(
                "apt-get",
                "download",
                f"{package.name}={package.version}",
                what=f"downloading Debian's package {package.name}",
                cure=NO_NETWORK,
                cwd=Path(folder),
            )
            (downloaded,) = Path(folder).glob("*.deb")
            if not self._sound(downloaded, package):
                raise WorkbenchError(
                    f"the downloaded package {package.name} is not the one that"
                    " Debian's signed list describes",
                    "Run the same command again.",
                )
            downloaded.replace(target)

    @staticmethod
    def _sound(file: Path, package: Package) -> bool:
        """Whether the file is byte for byte what Debian's signed list says."""
        if not file.is_file() or file.stat().st_size != package.size:
            return False
        digest = hashlib.sha256()
        with file.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
        return digest.hexdigest() == package.sha256

    def _configure(self, mirror: str) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in ("lists/partial", "cache/archives/partial", "state", "none"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "status").touch()
        keyring = next((path for path in KEYRINGS if path.is_file()), None)
        if keyring is None:
            raise WorkbenchError(
                "the keys of the Debian archive are not on this machine",
                "As root: apt-get install debian-archive-keyring",
            )
        (self.folder / "sources.list").write_text(
            f"deb [signed-by={keyring}] {mirror} {SUITE} main\n"
        )
        # Read after the machine's own settings, whose hooks are not for us.
        (self.folder / "main.conf").write_text(
            "#clear APT::Update::Pre-Invoke;\n"
            "#clear APT::Update::Post-Invoke;\n"
            "#clear APT::Update::Post-Invoke-Success;\n"
            "#clear DPkg::Post-Invoke;\n"
        )
        settings = {
            "Dir::Etc::main": "main.conf",
            "Dir::Etc::sourcelist": "sources.list",
            "Dir::Etc::sourceparts": "none/",
            "Dir::Etc::preferences": "none/preferences",
            "Dir::Etc::preferencesparts": "none/",
            "Dir::State": "state",
            "Dir::State::lists": "lists",
            "Dir::State::status": "status",
            "Dir::Cache": "cache",
        }
        lines = [f'{key} "{self.folder / value}";' for key, value in settings.items()]
        lines.append('Acquire::Languages "none";')
        lines.append('Acquire::Retries "2";')
        # Else a list that could not be fetched is only a warning.
        lines.append('APT::Update::Error-Mode "any";')
        # Sandboxing as _apt would need every parent folder to be readable for it.
        lines.append('APT::Sandbox::User "root";')
        (self.folder / "apt.conf").write_text("\n".join(lines) + "\n")

    def _apt(
        self, *argv: str, what: str, cure: str = "", cwd: Path | None = None
    ) -> str:
        return run(
            argv,
            log=self.logs / "apt.log",
            what=what,
            cure=cure,
            cwd=cwd,
            env={
                **os.environ,
                "APT_CONFIG": str(self.folder / "apt.conf"),
                "LC_ALL": "C",
            },
        )


def unpack(packages: Sequence[Path], target: Path) -> None:
    """Lay these packages out below a folder that appears only when whole."""
    temporary = target.with_name(target.name + ".part")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    log = temporary.with_suffix(".log")
    for package in packages:
        run(
            ["dpkg-deb", "-x", package, temporary],
            log=log,
            what=f"unpacking {package.name}",
            cure="Free some disk space, or delete that file and run this again.",
        )
    log.unlink()
    temporary.rename(target)


def install(packages: Sequence[str], *, what: str, logs: Path) -> None:
    """Install Debian packages on the machine, which only root may do.

    :raise WorkbenchError: for an ordinary user, with the line that root must run
    """
    names = " ".join(packages)
    if os.geteuid() != 0:
        raise WorkbenchError(
            f"{what} is missing on this machine", f"As root: apt-get install {names}"
        )
    if not shutil.which("apt-get"):
        raise WorkbenchError(f"{what} is missing and there is no apt-get to get it")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    log = logs / "apt-install.log"
    cure = f"Look at the network, or run yourself: apt-get install {names}"
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    run(
        ["apt-get", "update"],
        log=log,
        what="reading the package lists",
        cure=cure,
        env=environment,
    )
    run(command, log=log, what=f"installing {names}", cure=cure, env=environment)
