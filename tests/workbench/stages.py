"""What ``make test`` consists of, and how it is parted into runs of pytest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .failures import WorkbenchError
from .layout import Layout

#: A word beside the names of stages: all that they can do, however long it takes.
FULL = "full"
#: The addons below ``docs/examples``.
EXAMPLES = ("meta_example_customer_key", "meta_example_source", "meta_example_step")


@dataclass(frozen=True)
class Stage:
    """Tests that belong together.

    :param folders: below ``tests/``; those that do not exist are left out
    :param in_odoo: run inside Odoo, on a fresh copy of a database with the addon
    :param measured: its coverage counts; not where copies of the addon run, nor where
        the memory of a server is judged: coverage keeps a tracer of each thread, and
        Odoo has one thread a request
    :param in_full: what pytest is told for the full run; empty where every run is
    :param parts: runs of pytest that its files are parted into
    :param addons: installed besides, in its own copy of the database
    :param on_its_own: its processes race with each other, and nothing else may
    """

    name: str
    folders: tuple[str, ...]
    in_odoo: bool = False
    measured: bool = True
    in_full: tuple[str, ...] = ()
    parts: int = 1
    addons: tuple[str, ...] = ()
    on_its_own: bool = False

    def present(self, layout: Layout) -> list[str]:
        return [
            f"tests/{folder}"
            for folder in self.folders
            if any((layout.repository / "tests" / folder).rglob("test_*.py"))
        ]

    def jobs(self, layout: Layout) -> list[Job]:
        """The runs of pytest that make up this stage; none where it has no tests."""
        present = self.present(layout)
        if not present:
            return []
        if self.parts == 1:
            return [Job(self, self.name, tuple(present))]
        files = [
            path.relative_to(layout.repository)
            for folder in present
            for path in (layout.repository / folder).rglob("test_*.py")
        ]
        return [
            Job(self, f"{self.name}-{number}", tuple(map(str, part)))
            for number, part in enumerate(parted(layout, files, self.parts), 1)
            if part
        ]


@dataclass(frozen=True)
class Job:
    """One run of pytest: its name and what it is told to run."""

    stage: Stage
    name: str
    words: tuple[str, ...]

    @property
    def title(self) -> str:
        """Its name and what it runs, in few words."""
        if len(self.words) > len(self.stage.folders):
            return f"{self.name}: {len(self.words)} files"
        return f"{self.name}: {', '.join(self.words)}"


STAGES = (
    Stage("pure", ("protocol", "fake_meta", "workbench")),
    Stage("addon", ("addon",), in_odoo=True, parts=2),
    Stage("examples", ("examples",), in_odoo=True, addons=EXAMPLES),
    Stage("web", ("web",), in_odoo=True, parts=2),
    Stage(
        "fuzz",
        ("fuzz",),
        measured=False,
        in_full=("--bodies", "100000", "-o", "faulthandler_timeout=3600"),
    ),
    Stage("packaging", ("packaging",), measured=False),
    Stage(
        "faults",
        ("faults",),
        in_full=("--full", "-o", "faulthandler_timeout=1800"),
        on_its_own=True,
    ),
)


def chosen(names: Sequence[str]) -> list[Stage]:
    """The stages of these names, all when there are none.

    :param names: may hold :data:`FULL`, which is no stage
    :raise WorkbenchError: for a name that is no stage, and where nothing of what is
        chosen has a full run
    """
    full, names = FULL in names, [name for name in names if name != FULL]
    unknown = set(names) - {stage.name for stage in STAGES}
    if unknown:
        raise WorkbenchError(
            f"no such stage: {', '.join(sorted(unknown))}",
            f"They are: {', '.join(stage.name for stage in STAGES)}.",
        )
    stages = [stage for stage in STAGES if not names or stage.name in names]
    if full and not any(stage.in_full for stage in stages):
        in_full = [stage.name for stage in STAGES if stage.in_full]
        raise WorkbenchError(
            f"{', '.join(names)}: every run is a full one",
            f"These have a longer one: {', '.join(in_full)}.",
        )
    return stages


def parted(layout: Layout, files: Sequence[Path], parts: int) -> list[list[Path]]:
    """Files in so many lots of about the same size, the same in every run.

    The biggest goes first, always to the lot that has least; each lot is in the order
    of names.
    """
    size = {path: (layout.repository / path).stat().st_size for path in files}
    lots: list[list[Path]] = [[] for _number in range(parts)]
    for path in sorted(files, key=lambda path: (-size[path], path)):
        min(lots, key=lambda lot: sum(size[one] for one in lot)).append(path)
    return [sorted(lot) for lot in lots]
