"""What holds for every file of the repository."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workbench.layout import Layout

BINARY = {".png", ".ico", ".jpg", ".gif", ".woff", ".woff2"}
MADE = {".workbench", "__pycache__", ".ruff_cache", ".pytest_cache", ".hypothesis"}
# Folders that exist on one machine and not on a reader's.
MACHINE_PATH = re.compile(r"(?<![\w.~>-])/(?:work|root|home/\w+|Users/\w+)/")


def sources(layout: Layout) -> Iterator[tuple[Path, str]]:
    """Every text file that git would keep, and without git every file at all."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=layout.repository,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        paths = [layout.repository / name for name in listed.stdout.split("\0") if name]
    else:
        paths = [
            path for path in layout.repository.rglob("*") if not MADE & set(path.parts)
        ]
    for path in paths:
        if path.is_file() and path.suffix not in BINARY:
            yield path, path.read_text(encoding="utf-8")


def offenders(layout: Layout, pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(layout.repository)}:{number}: {line.strip()}"
        for path, text in sources(layout)
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def registry_hosts() -> set[str]:
    """The hosts of package registries: the usual ones and this machine's own."""
    usual = {
        ".".join(words)
        for words in (
            ("pypi", "org"),
            ("files", "pythonhosted", "org"),
            ("registry", "npmjs", "org"),
            ("deb", "debian", "org"),
            ("security", "debian", "org"),
            ("archive", "ubuntu", "com"),
        )
    }
    settings = [[sys.executable, "-m", "pip", "config", "list"]]
    if shutil.which("apt-get"):
        form = ["--no-release-info", "--format", "$(REPO_URI)"]
        settings.append(["apt-get", "indextargets", *form])
    own = set()
    for words in settings:
        told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        own |= set(re.findall(r"https?://(?:[^/\s'@]*@)?([\w.-]+)", told))
    return usual | own - {"localhost", "127.0.0.1"}


@pytest.fixture(scope="module")
def protocol(layout: Layout) -> list[Path]:
    files = sorted((layout.addon / "protocol").rglob("*.py"))
    assert len(files) > 5
    return files


def test_no_file_names_the_path_of_one_machine(layout: Layout):
    assert offenders(layout, MACHINE_PATH) == []


def test_no_file_names_the_host_of_a_package_registry(layout: Layout):
    pattern = re.compile("|".join(map(re.escape, sorted(registry_hosts()))))
    assert offenders(layout, pattern) == []


def test_no_log_of_the_addon_quotes_the_words_of_an_error(layout: Layout):
    """They may hold what a person wrote: ``queue.describe`` gives kind and place."""
    quoting = [
        f"{path.relative_to(layout.addon)}:{node.lineno}"
        for path in sorted(layout.addon.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "_logger"
        and (
            node.func.attr == "exception"
            or any(keyword.arg == "exc_info" for keyword in node.keywords)
            or any(
                isinstance(argument, ast.Name) and argument.id == "error"
                for argument in node.args
            )
        )
    ]
    assert quoting == []


def test_the_protocol_imports_nothing_of_odoo_nor_of_the_addon(protocol: list[Path]):
    """Seen in its text: every import is absolute and foreign, or a sibling."""
    wrong = []
    for path in protocol:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            elif isinstance(node, ast.ImportFrom) and node.level > 1:
                names = ["odoo (by a relative import)"]
            wrong += [(path.name, name) for name in names if name.startswith("odoo")]
    assert wrong == []


def test_the_protocol_loads_by_its_path_where_odoo_cannot_be_imported(
    protocol: list[Path],
):
    """Seen in action: the whole package, in a Python that refuses ``odoo``."""
    package = protocol[0].parent
    code = f"""
import importlib, importlib.util, sys
sys.modules["odoo"] = None
spec = importlib.util.spec_from_file_location(
    "protocol", {str(package / "__init__.py")!r},
    submodule_search_locations=[{str(package)!r}])
sys.modules["protocol"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
for name in {[path.stem for path in protocol if path.stem != "__init__"]!r}:
    importlib.import_module("protocol." + name)
print(sorted(name for name in sys.modules if name.split(".")[0] == "odoo"))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['odoo']"
