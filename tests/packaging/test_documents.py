"""The documents hold together: links, pictures, code, and a reader for each page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.web.pictures import IN_DESCRIPTION, MOST
from tests.workbench.layout import Layout
from tests.workbench.stages import EXAMPLES

REPOSITORY = Layout.of_this_clone().repository
DOCS = REPOSITORY / "docs"
PAGES = sorted(DOCS.glob("*.md"))
DESCRIPTION = Layout.of_this_clone().addon / "static" / "description"
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
#: A link to a file, and its text in the next block of code.
SHOWN = re.compile(r"^\[`[^`]+`\]\(([^)]+)\):\n\n```\w+\n(.*?)^```$", re.M | re.S)


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)


def anchors(page: Path) -> set[str]:
    """What a link to a page can point at: headings as GitHub calls them, and names."""
    text = prose(page)
    slugs = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in HEADING.findall(text)
    }
    return slugs | set(re.findall(r'<a id="([^"]+)"', text))


def leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists() or not target.is_relative_to(REPOSITORY):
        return False
    return not anchor or (target.suffix == ".md" and anchor in anchors(target))


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere within the repository."""
    return [
        link
        for link in LINK.findall(prose(page))
        if not link.startswith(("https://", "http://", "mailto:"))
        and not leads_somewhere(page, link)
    ]


@pytest.mark.parametrize(
    "page", [REPOSITORY / "README.md", *PAGES], ids=lambda p: p.name
)
def test_every_link_of_a_page_leads_somewhere(page: Path):
    assert broken(page) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path):
    page = DOCS / "operator.md"
    assert "the-token-is-dead" in anchors(page)
    (tmp_path / "page.md").write_text("[a](no.md) [b](#none) [c](https://x.example)\n")
    assert broken(tmp_path / "page.md") == ["no.md", "#none"]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_page_says_for_whom_it_is(page: Path):
    paragraphs = re.sub(r"<!--.*?-->", "", page.read_text(), flags=re.S).split("\n\n")
    opening = [text.strip() for text in paragraphs if text.strip()][1]
    assert opening.startswith("For "), opening


def test_the_readme_leads_to_every_page():
    listed = set(LINK.findall((REPOSITORY / "README.md").read_text()))
    assert {f"docs/{page.name}" for page in PAGES} - listed == set()


def test_every_picture_is_shown_by_a_page_and_small():
    shown = {
        Path(link).name
        for page in [REPOSITORY / "README.md", *PAGES]
        for link in LINK.findall(page.read_text())
        if "images/" in link
    }
    taken = sorted((DOCS / "images").iterdir())
    assert set(names(taken)) == shown
    assert [path.name for path in taken if path.stat().st_size > MOST] == []


def test_every_picture_of_the_documents_is_taken_by_the_browser_tests():
    walks = (REPOSITORY / "tests" / "web" / "test_pictures.py").read_text()
    kept = re.findall(r'pictures\.keep\(\w+, "([\w-]+)"', walks)
    assert sorted(f"{name}.png" for name in kept) == sorted(
        names(list((DOCS / "images").iterdir()))
    )


def test_the_apps_page_shows_the_same_pictures_and_needs_nobody_else():
    html = (DESCRIPTION / "index.html").read_text()
    assert not re.search(r"https?:|//\w|<script|@import", html)
    shown = re.findall(r'src="([^"]+)"', html)
    assert {f"{name}.png" for name in IN_DESCRIPTION} <= set(shown)
    for name in shown:
        assert (DESCRIPTION / name).is_file(), name
    for name in IN_DESCRIPTION:
        copy = (DESCRIPTION / f"{name}.png").read_bytes()
        assert copy == (DOCS / "images" / f"{name}.png").read_bytes(), name


def test_the_integrators_page_shows_the_code_that_is_tested():
    shown = SHOWN.findall((DOCS / "integrator.md").read_text())
    assert {Path(path).parts[1] for path, _code in shown} == set(EXAMPLES)
    for path, code in shown:
        assert code == (DOCS / path).read_text(), path


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_short(name: str):
    files = [
        *(DOCS / "examples" / name).rglob("*.py"),
        *(DOCS / "examples" / name).rglob("*.xml"),
    ]
    assert sum(len(path.read_text().splitlines()) for path in files) <= 60


def test_every_example_is_installed_and_tried():
    folders = {path.parent.name for path in DOCS.rglob("__manifest__.py")}
    assert folders == set(EXAMPLES)
