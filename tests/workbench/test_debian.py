"""Debian's packages: from the machine's own mirror, whole, and fetched once.

apt itself is played by small scripts here; `make test` on a bare machine is the
test with the real one.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path

import pytest

from tests.workbench import debian
from tests.workbench.failures import WorkbenchError
from tests.workbench.layout import Layout

from .conftest import tool

MIRROR = "http://mirror.example/debian/"
CONTENT = b"a package"


@pytest.fixture
def apt(scratch: Layout, tools: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose mirror has ``odoo-19`` 1:19.0-1; every call is noted."""
    keyring = scratch.root / "keyring.gpg"
    keyring.touch()
    monkeypatch.setattr(debian, "KEYRINGS", (keyring,))
    calls = scratch.root / "calls"
    tool(
        tools,
        "apt-get",
        f"""
echo "$@" >> '{calls}'
case $1 in
  indextargets) printf '{MIRROR}\\tDebian\\tmain\\n' ;;
  update) [ ! -e '{scratch.root}/offline' ] ;;
  download) cp '{scratch.root}/served' "odoo-19_1%3a19.0-1_all.deb" ;;
esac""",
    )
    digest = hashlib.sha256(CONTENT).hexdigest()
    tool(
        tools,
        "apt-cache",
        f"""
printf 'Package: odoo-19\\nVersion: 1:19.0-1\\nSize: {len(CONTENT)}\\n'
printf 'SHA256: {digest}\\nDescription: x\\n more: y\\n'""",
    )
    tool(tools, "dpkg-deb", "exit 1")
    (scratch.root / "served").write_bytes(CONTENT)
    return calls


@pytest.fixture
def private(scratch: Layout) -> debian.PrivateApt:
    return debian.PrivateApt(scratch.root / "apt", scratch.cache, scratch.logs)


def fetched(private: debian.PrivateApt) -> bytes:
    (file,) = private.fetch(["odoo-19"])
    return file.read_bytes()


def offline(scratch: Layout) -> None:
    (scratch.root / "offline").touch()


def age_list(scratch: Layout, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(scratch.cache / "packages.json", (then, then))


def test_a_package_is_downloaded_from_the_mirror_of_this_machine(
    apt: Path, private: debian.PrivateApt, scratch: Layout
):
    assert fetched(private) == CONTENT
    sources = (scratch.root / "apt" / "sources.list").read_text()
    assert f"{MIRROR} unstable main" in sources
    assert "download odoo-19=1:19.0-1" in apt.read_text()


def test_a_package_in_the_cache_needs_no_apt_at_all(
    apt: Path, private: debian.PrivateApt, tools: Path
):
    fetched(private)
    (tools / "apt-get").unlink()
    assert fetched(private) == CONTENT


def test_a_damaged_package_in_the_cache_is_fetched_again(
    apt: Path, private: debian.PrivateApt
):
    (file,) = private.fetch(["odoo-19"])
    file.write_bytes(b"b package")
    assert fetched(private) == CONTENT
    assert apt.read_text().count("download") == 2


def test_a_download_that_is_not_what_the_signed_list_says_is_refused(
    apt: Path, private: debian.PrivateApt, scratch: Layout
):
    (scratch.root / "served").write_bytes(b"evil pack")
    with pytest.raises(WorkbenchError, match="not the one that Debian's signed list"):
        private.fetch(["odoo-19"])
    assert not list(scratch.cache.glob("*.deb"))


def test_an_old_list_is_good_enough_without_network(
    apt: Path, private: debian.PrivateApt, scratch: Layout
):
    fetched(private)
    age_list(scratch, debian.LIST_LIFETIME + 60)
    offline(scratch)
    assert fetched(private) == CONTENT


def test_an_old_list_is_renewed_with_network(
    apt: Path, private: debian.PrivateApt, scratch: Layout
):
    fetched(private)
    age_list(scratch, debian.LIST_LIFETIME + 60)
    fetched(private)
    assert apt.read_text().count("update") == 2


def test_without_network_and_without_cache_the_network_is_named(
    apt: Path, private: debian.PrivateApt, scratch: Layout
):
    offline(scratch)
    with pytest.raises(
        WorkbenchError, match="reading Debian's package lists"
    ) as failed:
        private.fetch(["odoo-19"])
    assert "network" in failed.value.cure
    assert "ODOO_HOME" in failed.value.cure


def test_a_broken_list_in_the_cache_is_made_anew(
    apt: Path, private: debian.PrivateApt, scratch: Layout
):
    (scratch.cache / "packages.json").write_text('[{"name": "odoo-19"')
    assert fetched(private) == CONTENT
    assert json.loads((scratch.cache / "packages.json").read_text())


def test_a_machine_without_apt_is_told_about_odoo_home(
    tools: Path, private: debian.PrivateApt
):
    with pytest.raises(
        WorkbenchError, match=r"\(apt-get, apt-cache, dpkg-deb\)"
    ) as failed:
        private.fetch(["odoo-19"])
    assert failed.value.cure.startswith("Set ODOO_HOME")


def test_the_mirror_is_debians_own_archive_and_no_third_partys(tools: Path):
    tool(
        tools,
        "apt-get",
        "printf 'http://tools.example/debian/\\tTools\\tmain\\n"
        "http://mirror.example/debian-security/\\tDebian-Security\\tmain\\n"
        f"{MIRROR}\\tDebian\\tcontrib\\n{MIRROR}\\tDebian\\tmain\\n'",
    )
    assert debian.mirror_address() == MIRROR


def test_the_mirror_is_found_before_the_first_update_of_a_machine(
    tools: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(debian, "_codename", lambda: "bookworm")
    tool(
        tools,
        "apt-get",
        'case "$*" in *--no-release-info*) printf \''
        "http://tools.example/linux/debian/\\ttools\\tmain\\n"
        "http://mirror.example/debian-security/\\tbookworm-security\\tmain\\n"
        f"{MIRROR}\\tbookworm\\tmain\\n' ;; esac",
    )
    assert debian.mirror_address() == MIRROR


def test_a_machine_without_a_debian_mirror_is_told_about_odoo_home(tools: Path):
    tool(tools, "apt-get", "printf 'http://mirror.example/ubuntu/\\tUbuntu\\tmain\\n'")
    with pytest.raises(WorkbenchError, match="no Debian mirror") as failed:
        debian.mirror_address()
    assert "ODOO_HOME" in failed.value.cure


def test_half_an_unpacked_package_never_looks_like_a_whole_one(
    tools: Path, scratch: Layout
):
    tool(tools, "dpkg-deb", 'mkdir "$3/half"; echo "No space left on device"; exit 2')
    target = scratch.root / "odoo-19_1"
    with pytest.raises(WorkbenchError, match="No space left on device"):
        debian.unpack([Path("odoo-19.deb")], target)
    assert not target.exists()
    tool(tools, "dpkg-deb", 'mkdir "$3/whole"')
    debian.unpack([Path("odoo-19.deb")], target)
    assert [path.name for path in target.iterdir()] == ["whole"]


def test_an_ordinary_user_is_told_the_line_that_root_must_run(
    scratch: Layout, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(WorkbenchError) as failed:
        debian.install(["chromium"], what="Chromium", logs=scratch.logs)
    assert str(failed.value) == (
        "Chromium is missing on this machine. As root: apt-get install chromium"
    )


def test_root_gets_what_is_missing_installed_without_a_question(
    scratch: Layout, tools: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    note = scratch.root / "note"
    tool(tools, "apt-get", f"echo $DEBIAN_FRONTEND $* >> '{note}'")
    debian.install(["chromium"], what="Chromium", logs=scratch.logs)
    assert note.read_text().splitlines() == [
        "noninteractive update",
        "noninteractive install -y --no-install-recommends chromium",
    ]
