"""The commands of the workbench; each Makefile target is one of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from . import lint, python_env
from .failures import WorkbenchError
from .layout import ADDON, Layout
from .odoo_server import BASE_MODULES, LOGIN, PASSWORD
from .postgres_cluster import PrivateCluster
from .processes import Terminated, orderly_end
from .steps import step
from .workbench import Workbench, alone, prepare_environment

DEV_DATABASE = "dev"
HTTP_PORT = 8069


@dataclass(frozen=True)
class Command:
    """What one word on the command line does.

    :param action: gets the workbench and the remaining words; gives an exit code
    :param purpose: its line in the help
    """

    action: Callable[[Workbench, list[str]], int]
    purpose: str


def main(argv: list[str]) -> int:
    """Run one command; every foreseeable failure is one line and exit code 1."""
    sys.stdout.reconfigure(errors="replace", line_buffering=True)
    word, *rest = argv or ["--help"]
    if word in ("-h", "--help", "help"):
        print(usage())
        return 0
    if word != "clean" and word not in COMMANDS:
        print(f"✗ no such command: {word}\n\n{usage()}", file=sys.stderr)
        return 2
    layout = Layout.of_this_clone()
    try:
        with orderly_end():
            if word == "clean":
                return clean(layout)
            if not python_env.inside(layout):
                prepare_environment(layout)
                python_env.enter(layout, argv)
            with Workbench(layout) as workbench:
                return COMMANDS[word].action(workbench, rest)
    except WorkbenchError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except Terminated:
        return 143


def usage() -> str:
    """Every command with its purpose."""
    rows = [(word, command.purpose) for word, command in COMMANDS.items()]
    rows.append(("clean", "delete everything that the workbench made"))
    width = max(len(word) for word, _purpose in rows)
    return "\n".join(
        [
            "python3 -m tests.workbench <command>   (or: make <command>)",
            "",
            *(f"  {word:<{width}}  {purpose}" for word, purpose in rows),
        ]
    )


def demo(workbench: Workbench, words: list[str]) -> int:
    from . import demo as program

    workbench.ensure_all()
    return program.run(workbench, words)


def bench(workbench: Workbench, words: list[str]) -> int:
    from . import bench as program

    workbench.ensure_all()
    return program.run(workbench, words)


def test(workbench: Workbench, words: list[str]) -> int:
    from . import suite

    workbench.ensure_all(with_browser=True)
    with alone(workbench.layout.root / "test.lock"):
        return suite.run(workbench, words)


def run_lint(workbench: Workbench, _words: list[str]) -> int:
    return 1 if lint.run(workbench.layout) else 0


def docs(workbench: Workbench, _words: list[str]) -> int:
    from . import errors_page

    with step("the page of errors"):
        errors_page.write(workbench.layout)
    return 0


def pot(workbench: Workbench, _words: list[str]) -> int:
    from . import words

    workbench.ensure_all()
    with step("The words to translate") as current:
        current.note(words.renew(workbench))
    return 0


def pictures(workbench: Workbench, _words: list[str]) -> int:
    from . import addon_tests

    workbench.ensure_all(with_browser=True)
    os.environ["TAKE_PICTURES"] = "1"
    words = ["--db=pictures", "--fresh", "tests/web/test_pictures.py", "-q"]
    return addon_tests.run(workbench, words)


def run_addon_tests(workbench: Workbench, words: list[str]) -> int:
    from . import addon_tests

    workbench.ensure_all()
    return addon_tests.run(workbench, words)


def up(workbench: Workbench, _words: list[str]) -> int:
    if isinstance(workbench.postgres, PrivateCluster):
        workbench.postgres.keep.touch()
    workbench.ensure_all()
    return 0


def down(workbench: Workbench, _words: list[str]) -> int:
    if isinstance(workbench.postgres, PrivateCluster):
        workbench.postgres.keep.unlink(missing_ok=True)
        workbench.postgres.stop()
    return 0


def update(workbench: Workbench, _words: list[str]) -> int:
    workbench.ensure_all()
    if not _dev_database(workbench):
        with step(f"{ADDON} updated in database {DEV_DATABASE}"):
            workbench.odoo.install(DEV_DATABASE, [ADDON], flag="--update")
    return 0


def serve(workbench: Workbench, _words: list[str]) -> int:
    workbench.ensure_all()
    _dev_database(workbench)
    port = _wanted_port()
    with workbench.odoo.server(DEV_DATABASE, port) as server:
        print(f"\nOdoo: {server.url}   login {LOGIN}, password {PASSWORD}")
        print(f"log: {server.log}\nCtrl-C stops it.")
        server.process.wait()
    raise WorkbenchError("Odoo ended by itself", f"Its log: {server.log}")


def shell(workbench: Workbench, words: list[str]) -> int:
    workbench.ensure_all()
    _dev_database(workbench)
    database = words[0] if words else DEV_DATABASE
    odoo = workbench.odoo
    return subprocess.run(
        odoo.command("shell", "--database", database, "--no-http"),
        env=odoo.environment(),
        cwd=workbench.layout.repository,
        check=False,
    ).returncode


def clean(layout: Layout) -> int:
    """Stop what still runs and delete the folder; downloads stay in the cache."""
    with step("Cleaned"):
        PrivateCluster(layout).remove()
        shutil.rmtree(layout.root, ignore_errors=True)
    return 0


def _wanted_port() -> int | None:
    text = os.environ.get("HTTP_PORT", str(HTTP_PORT))
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise WorkbenchError(f"HTTP_PORT is {text}", "Make it a port number.")
    return int(text)


def _dev_database(workbench: Workbench) -> bool:
    """Make the developer's database where it is missing; True when made now."""
    odoo = workbench.odoo
    modules = [*BASE_MODULES, *([ADDON] if workbench.layout.has_addon else [])]
    present = odoo.installed(DEV_DATABASE)
    if set(modules) <= present:
        return False
    with step(f"database {DEV_DATABASE} with {', '.join(modules)}"):
        if present:
            odoo.install(DEV_DATABASE, modules, flag="--init")
        else:
            odoo.create_database(DEV_DATABASE, modules)
    return True


COMMANDS = {
    "demo": Command(demo, "the addon's main job on real parts, step by step"),
    "test": Command(test, "every test, none skipped, with coverage"),
    "bench": Command(
        bench, "the figures, against references of the same run [names of comparisons]"
    ),
    "lint": Command(run_lint, "ruff, pylint-odoo and OCA's hooks"),
    "docs": Command(docs, "write the pages that are made from the addon's tables"),
    "pot": Command(
        pot, "the template of translations anew, and every language brought to it"
    ),
    "pictures": Command(pictures, "take the pictures of the documents anew"),
    "addon-tests": Command(
        run_addon_tests,
        "the fast loop: update the addon, then pytest tests/addon"
        " [--fresh] [--db=NAME] [words for pytest]",
    ),
    "update": Command(update, "update the addon in the developer's database"),
    "serve": Command(serve, "Odoo on the developer's database, for a browser"),
    "shell": Command(shell, "an Odoo shell on the developer's database"),
    "up": Command(up, "bring everything up and leave PostgreSQL running"),
    "down": Command(down, "stop the PostgreSQL that `up` left running"),
}
